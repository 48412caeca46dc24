import type { JsonSchema } from '../../../words/json.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { InvalidOptions, type Target } from '../../prober.ts';

export interface MysqlOptions {
  readonly starttls?: 'auto' | 'require' | 'never';
  readonly allow_plaintext?: boolean;
  readonly query?: string;
}

export const MYSQL_OPTIONS: { readonly [key: string]: JsonSchema } = {
  starttls: {
    enum: ['auto', 'require', 'never'],
    description:
      'auto (default): TLS when the server offers it; require: down when it does not; never: no TLS. A certificate that no authority stands behind, such as the one that MySQL makes for itself, needs tls.ca or tls.verify: false',
  },
  allow_plaintext: {
    type: 'boolean',
    description:
      'true: without TLS the password may be sent even so that somebody on the way can read it: bare (mysql_clear_password), or encrypted with a key that the server sends (caching_sha2_password when it has not seen this user for a while) (default false)',
  },
  query: {
    type: 'string',
    minLength: 1,
    description:
      'one statement, such as SELECT count(*) FROM jobs WHERE failed; its first value is the fact `value`. It runs in a transaction that is read-only and rolled back, and ends with the timeout',
  },
};

/** Options and target, checked. */
export interface MysqlPlan {
  readonly starttls: 'auto' | 'require' | 'never';
  readonly allowPlaintext: boolean;
  readonly query: string | null;
  /** null: nobody logs in */
  readonly login: { readonly username: string; readonly password: string } | null;
  readonly database: string | null;
}

/** Throws InvalidOptions. */
export function planMysql(target: Target, options: MysqlOptions): MysqlPlan {
  const { scheme, username, password, query } = target;
  const database = target.path.slice(1);
  if (username === null && password !== null)
    throw new InvalidOptions(
      'target',
      `it has a password but no user, expected ${scheme}://USER:PASSWORD@HOST`,
    );
  if (username === null && options.query !== undefined)
    throw new InvalidOptions('query', `it needs a user, expected ${scheme}://USER:PASSWORD@HOST/DATABASE`);
  for (const text of [username ?? '', password ?? '', database])
    if (text.includes('\0'))
      throw new InvalidOptions('target', 'saw %00 in it, which no name or password has');
  const [parameter] = Object.keys(query);
  if (parameter !== undefined)
    throw new InvalidOptions(
      'target',
      `saw ?${safeLine(parameter, 40)}=, expected nothing behind the database: TLS is chosen by \`starttls\` and \`tls\``,
    );
  return {
    starttls: options.starttls ?? 'auto',
    allowPlaintext: options.allow_plaintext === true,
    query: options.query ?? null,
    login: username === null ? null : { username, password: password ?? '' },
    database: database === '' || username === null ? null : database,
  };
}
