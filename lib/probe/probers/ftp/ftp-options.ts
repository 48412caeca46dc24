import type { JsonSchema } from '../../../words/json.ts';
import { InvalidOptions, type Target } from '../../prober.ts';
import { STARTTLS_OPTIONS, type Security, type StartTlsOptions, planSecurity } from '../../wire/starttls.ts';

export interface FtpOptions extends StartTlsOptions {
  readonly login?: boolean;
}

export const FTP_OPTIONS: { readonly [key: string]: JsonSchema } = {
  ...STARTTLS_OPTIONS,
  login: {
    type: 'boolean',
    description:
      'false: nobody logs in, only the greeting and TLS are looked at (default true: the target’s user, else anonymous)',
  },
};

/** Options checked, with their defaults. */
export interface FtpPlan extends Security {
  readonly login: boolean;
  /** relative to the directory after login, absolute with a `/` in front; null: nothing is looked at */
  readonly path: string | null;
  readonly kind: 'file' | 'directory';
}

/** Throws InvalidOptions. Source of how a path is read: RFC 1738 §3.2.2. */
export function planFtp(target: Target, options: FtpOptions): FtpPlan {
  const security = planSecurity(target, options, target.scheme === 'ftps');
  const path = target.path === '' ? null : target.path.slice(1);
  if (path !== null && ['\r', '\n', '\0'].some((character) => path.includes(character)))
    throw new InvalidOptions('target', 'its path has a line end or a NUL, which no command can carry');
  const login = options.login ?? true;
  if (!login && path !== null && path !== '')
    throw new InvalidOptions('login', 'without a login no path can be looked at: leave one of them out');
  if (!login && security.credentials !== null)
    throw new InvalidOptions('login', 'the target has a user: leave one of them out');
  const kind = path === '' || path?.endsWith('/') === true ? 'directory' : 'file';
  return { ...security, login, path: login ? path : null, kind };
}
