import type { JsonSchema } from '../../../words/json.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { InvalidOptions, PLACEHOLDER, type Target } from '../../prober.ts';
import { parseOid, showOid } from './oid.ts';
import { AUTH_PROTOCOLS, type AuthProtocol, PRIV_PROTOCOLS, type PrivProtocol } from './user-keys.ts';

export interface SnmpOptions {
  readonly version?: 'v1' | 'v2c' | 'v3';
  readonly oids?: readonly string[] | { readonly [name: string]: string };
  readonly auth_protocol?: AuthProtocol;
  readonly priv_protocol?: PrivProtocol;
  readonly priv_password?: string;
  readonly context?: string;
}

const MOST_OIDS = 50;

export const SNMP_OPTIONS: { readonly [key: string]: JsonSchema } = {
  version: {
    enum: ['v1', 'v2c', 'v3'],
    description:
      'default v3 when the target has a user and a password, else v2c. A community stands where a password does, snmp://:COMMUNITY@HOST (default public)',
  },
  oids: {
    oneOf: [
      { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: MOST_OIDS },
      {
        type: 'object',
        additionalProperties: { type: 'string' },
        minProperties: 1,
        maxProperties: MOST_OIDS,
      },
    ],
    description:
      'what to read into `values`: a list of OIDs in numbers, or a map of names of your own to OIDs, {load: 1.3.6.1.4.1.2021.10.1.5.1}',
  },
  auth_protocol: {
    enum: AUTH_PROTOCOLS,
    description: 'v3: how messages are signed with the target’s password (default sha, which is SHA-1)',
  },
  priv_protocol: {
    enum: PRIV_PROTOCOLS,
    description: 'v3: how they are encrypted with priv_password (default aes, with 128 bits)',
  },
  priv_password: {
    type: 'string',
    minLength: 1,
    description: 'v3: the privacy password, from ${NAME}; without one nothing is encrypted',
  },
  context: { type: 'string', description: 'v3: the context to ask in (default: the empty one)' },
};

/** Who asks in SNMPv3, and how it is protected. */
export interface SnmpUser {
  readonly name: string;
  readonly auth: { readonly protocol: AuthProtocol; readonly password: string } | null;
  readonly priv: { readonly protocol: PrivProtocol; readonly password: string } | null;
  readonly context: string;
}

/** Options checked, with their defaults. */
export interface SnmpPlan {
  readonly asker:
    | { readonly version: 'v1' | 'v2c'; readonly community: string }
    | { readonly version: 'v3'; readonly user: SnmpUser };
  readonly variables: readonly Variable[];
}

export interface Variable {
  /** key in `values` */
  readonly name: string;
  readonly oid: readonly number[];
}

/** Throws InvalidOptions. */
export function planSnmp(target: Target, options: SnmpOptions): SnmpPlan {
  const variables = variablesOf(target, options);
  const both = target.username !== null && target.password !== null;
  const version = options.version ?? (both ? 'v3' : 'v2c');
  if (version === 'v3') return { asker: { version, user: userOf(target, options) }, variables };
  if (target.username !== null)
    throw new InvalidOptions(
      'target',
      'saw a user, expected a community as in snmp://:COMMUNITY@HOST, or USER:PASSWORD for v3 (a user without a password needs `version: v3`)',
    );
  const needless = (['auth_protocol', 'priv_protocol', 'priv_password', 'context'] as const).find(
    (key) => options[key] !== undefined,
  );
  if (needless !== undefined)
    throw new InvalidOptions(needless, `it is of v3, expected snmp://USER:PASSWORD@HOST`);
  return { asker: { version, community: target.password ?? 'public' }, variables };
}

function userOf({ username, password }: Target, options: SnmpOptions): SnmpUser {
  if (username === null)
    throw new InvalidOptions('target', 'v3 asks as a user, expected snmp://USER:PASSWORD@HOST');
  const { auth_protocol, priv_protocol, priv_password } = options;
  if (password === null && (auth_protocol ?? priv_protocol ?? priv_password) !== undefined)
    throw new InvalidOptions('target', 'signing needs a password, expected snmp://USER:PASSWORD@HOST');
  if (priv_protocol !== undefined && priv_password === undefined)
    throw new InvalidOptions('priv_protocol', 'encryption needs `priv_password`, too');
  return {
    name: username,
    auth: password === null ? null : { protocol: auth_protocol ?? 'sha', password },
    priv: priv_password === undefined ? null : { protocol: priv_protocol ?? 'aes', password: priv_password },
    context: options.context ?? '',
  };
}

function variablesOf({ path }: Target, { oids = [] }: SnmpOptions): Variable[] {
  const inPath = path.replace(/^\//, '');
  const named = isList(oids) ? oids.map((oid) => [null, oid] as const) : Object.entries(oids);
  return [
    ...(inPath === '' ? [] : [variable(null, inPath, 'target')]),
    ...named.map(([name, oid]) => variable(name, oid, 'oids')),
  ];
}

function isList(oids: NonNullable<SnmpOptions['oids']>): oids is readonly string[] {
  return Array.isArray(oids);
}

function variable(name: string | null, text: string, key: string): Variable {
  const oid = text === PLACEHOLDER ? [1, 3] : parseOid(text);
  if (oid === null)
    throw new InvalidOptions(
      key,
      `saw "${safeLine(text, 60)}", expected an OID in numbers such as 1.3.6.1.2.1.1.3.0`,
    );
  return { name: name ?? showOid(oid), oid };
}
