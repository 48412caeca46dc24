import type { JsonSchema } from '../../words/json.ts';
import { InvalidOptions, type Target } from '../prober.ts';
import { TLS_PREFER } from './certificates.ts';
import { type Credentials, credentialsOf } from './sasl.ts';

/** What a protocol with STARTTLS adds to a service. */
export interface StartTlsOptions {
  readonly starttls?: 'auto' | 'require' | 'never';
  readonly allow_plaintext?: boolean;
}

export const STARTTLS_OPTIONS: { readonly [key: string]: JsonSchema } = {
  starttls: {
    enum: ['auto', 'require', 'never'],
    description:
      'auto (default): TLS when the server offers it; require: down when it does not, which is the default with a password; never: no TLS',
  },
  allow_plaintext: {
    type: 'boolean',
    description: 'true: the password may be sent without TLS when there is none (default false)',
  },
};

/** TLS_PREFER where there may be no TLS: a server without it has no certificate. */
export const STARTTLS_PREFER = {
  cert_days: { any_of: [TLS_PREFER.cert_days, { exists: false }] },
} as const;

/** How a conversation becomes secure, and who logs in on it. */
export interface Security {
  /** `direct`: TLS from the first byte */
  readonly tls: 'direct' | 'auto' | 'require' | 'never';
  readonly credentials: Credentials | null;
}

/** `direct`: whether the target’s scheme is TLS from the first byte. Throws InvalidOptions. */
export function planSecurity(target: Target, options: StartTlsOptions, direct: boolean): Security {
  const credentials = credentialsOf(target);
  if (direct) {
    if (options.starttls !== undefined)
      throw new InvalidOptions('starttls', `${target.scheme} is TLS from the first byte: leave it out`);
    return { tls: 'direct', credentials };
  }
  const mayBePlain = credentials === null || options.allow_plaintext === true;
  if (!mayBePlain && options.starttls === 'never')
    throw new InvalidOptions(
      'starttls',
      'the password would be sent in the clear: leave it out, or set `allow_plaintext: true`',
    );
  return { tls: mayBePlain ? (options.starttls ?? 'auto') : 'require', credentials };
}
