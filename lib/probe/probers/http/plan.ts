import type { Place } from '../../wire/http/place.ts';
import type { DigestLogin } from '../../wire/http/digest.ts';
import type { TokenRequest } from './oauth2.ts';
import type { BodyLimits } from '../../wire/http/received-body.ts';
import type { Step } from './redirect.ts';

/** What `prepare` made of target and options. */
export interface Plan {
  /** what the sweep resolves */
  readonly target: Place;
  readonly first: Step;
  readonly version: 'auto' | '1.1' | '2' | '3';
  readonly redirects: number;
  readonly limits: BodyLimits;
  readonly wantsJson: boolean;
  /** a login that takes a request of its own; others are in `first` */
  readonly login: Login | null;
}

export type Login =
  | { readonly kind: 'digest'; readonly digest: DigestLogin }
  | { readonly kind: 'oauth2'; readonly token: TokenRequest };
