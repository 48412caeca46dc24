import type { JsonSchema } from '../../../words/json.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { InvalidOptions, PLACEHOLDER, type Target } from '../../prober.ts';
import { FilterBroken, encodeFilter } from './filter.ts';

export interface LdapOptions {
  readonly starttls?: 'never' | 'auto' | 'require';
  readonly allow_plaintext?: boolean;
  readonly scope?: Scope;
  readonly filter?: string;
  readonly attributes?: readonly string[];
  readonly limit?: number;
}

export type Scope = 'base' | 'one' | 'sub';

const MOST_ENTRIES = 1000;

export const LDAP_OPTIONS: { readonly [key: string]: JsonSchema } = {
  starttls: {
    enum: ['never', 'auto', 'require'],
    description:
      'never (default without a password): no TLS, because whether a server has a certificate on this port is told only by asking it; auto: TLS where the server takes it; require: down when it does not, which is the default with a password. Not for ldaps',
  },
  allow_plaintext: {
    type: 'boolean',
    description: 'true: the password may be sent without TLS when there is none (default false)',
  },
  scope: {
    enum: ['base', 'one', 'sub'],
    description:
      'base (default): the entry that the target names; one: those right below it; sub: all of them',
  },
  filter: {
    type: 'string',
    minLength: 1,
    description: 'which entries, as in (&(objectClass=person)(uid=probe)) (default: every one)',
  },
  attributes: {
    type: 'array',
    items: { type: 'string', minLength: 1 },
    maxItems: 100,
    description:
      'which attributes to read into `values`; "*" and "+" as in ldapsearch (default: all but operational ones)',
  },
  limit: {
    type: 'integer',
    minimum: 1,
    maximum: MOST_ENTRIES,
    description: `how many entries to read at most (default ${String(MOST_ENTRIES)}, more being down)`,
  },
};

/** Options checked, with their defaults. */
export interface LdapPlan {
  readonly tls: 'direct' | 'never' | 'auto' | 'require';
  readonly login: { readonly dn: string; readonly password: string } | null;
  /** null: only the server’s own entry is read */
  readonly search: Search | null;
}

export interface Search {
  readonly base: string;
  readonly scope: Scope;
  /** encoded */
  readonly filter: Buffer;
  readonly attributes: readonly string[];
  readonly limit: number;
}

/** Throws InvalidOptions. */
export function planLdap(target: Target, options: LdapOptions): LdapPlan {
  if (Object.keys(target.query).length > 0)
    throw new InvalidOptions(
      'target',
      'saw something behind a "?", expected ldap://HOST/BASE with the options `attributes`, `scope` and `filter`',
    );
  const login = loginOf(target);
  return { tls: tlsOf(target, options, login !== null), login, search: searchOf(target, options) };
}

function loginOf({ username, password }: Target): LdapPlan['login'] {
  if (username === null && password === null) return null;
  // A name without a password would be taken by many servers, and prove nothing (RFC 4513 §5.1.2).
  if (username === null || password === null)
    throw new InvalidOptions('target', 'a login needs both, expected ldap://DN:PASSWORD@HOST');
  return { dn: username, password };
}

function tlsOf(target: Target, options: LdapOptions, login: boolean): LdapPlan['tls'] {
  if (target.scheme === 'ldaps') {
    if (options.starttls !== undefined && options.starttls !== 'never')
      throw new InvalidOptions(
        'starttls',
        'ldaps has TLS from the first byte, expected ldap:// or no starttls',
      );
    return 'direct';
  }
  if (!login || options.allow_plaintext === true) return options.starttls ?? 'never';
  if (options.starttls === 'never')
    throw new InvalidOptions(
      'starttls',
      'the password would be sent in the clear: leave it out, or set `allow_plaintext: true`',
    );
  return 'require';
}

function searchOf({ path }: Target, options: LdapOptions): Search | null {
  const base = path.replace(/^\//, '');
  if (base === '') {
    const needless = (['scope', 'filter', 'attributes', 'limit'] as const).find(
      (key) => options[key] !== undefined,
    );
    if (needless !== undefined)
      throw new InvalidOptions(
        needless,
        'there is no base to search, expected ldap://HOST/dc=example,dc=org',
      );
    return null;
  }
  if (base !== PLACEHOLDER && !base.includes('='))
    throw new InvalidOptions(
      'target',
      `saw the path "${safeLine(base, 60)}", expected a base such as /dc=example,dc=org`,
    );
  return {
    base,
    scope: options.scope ?? 'base',
    filter: filterOf(options.filter ?? '(objectClass=*)'),
    attributes: options.attributes ?? [],
    limit: options.limit ?? MOST_ENTRIES,
  };
}

function filterOf(text: string): Buffer {
  if (text === PLACEHOLDER) return Buffer.alloc(0);
  try {
    return encodeFilter(text);
  } catch (error) {
    if (!(error instanceof FilterBroken)) throw error;
    throw new InvalidOptions('filter', safeLine(error.message));
  }
}
