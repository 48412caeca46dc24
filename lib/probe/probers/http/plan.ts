import type { BodyLimits } from './received-body.ts';
import type { Step } from './redirect.ts';

/** What `prepare` made of target and options. */
export interface Plan {
  readonly first: Step;
  readonly version: 'auto' | '1.1' | '2';
  readonly redirects: number;
  readonly limits: BodyLimits;
  readonly wantsJson: boolean;
}
