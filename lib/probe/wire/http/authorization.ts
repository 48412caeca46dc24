import type { JsonSchema } from '../../../words/json.ts';
import { InvalidOptions, type Target } from '../../prober.ts';

/** A login that one field of the request says (RFC 7617 §2, RFC 6750 §2.1). */
export type PlainLogin =
  { readonly basic: { readonly username: string; readonly password: string } } | { readonly bearer: string };

export const PASSWORD_LOGIN: JsonSchema = {
  type: 'object',
  properties: { username: { type: 'string' }, password: { type: 'string' } },
  required: ['username', 'password'],
  additionalProperties: false,
};

/** A map with this key alone: one of several ways. */
export function only(key: string, schema: JsonSchema): JsonSchema {
  return { type: 'object', properties: { [key]: schema }, required: [key], additionalProperties: false };
}

export const PLAIN_LOGIN_SCHEMA: JsonSchema = {
  description:
    'a login: {basic: {username, password}} or {bearer: TOKEN}; user:password@ in the target is basic too',
  oneOf: [only('basic', PASSWORD_LOGIN), only('bearer', { type: 'string' })],
};

/** The Authorization field of target or options; null without a login. Throws InvalidOptions. */
export function authorizationOf(
  { username, password }: Pick<Target, 'username' | 'password'>,
  auth: PlainLogin | undefined,
): string | null {
  const inTarget = username !== null || password !== null;
  if (auth !== undefined && inTarget)
    throw new InvalidOptions('auth', 'the target names a user already: one of them');
  if (inTarget) return basic(username ?? '', password ?? '', 'target');
  if (auth === undefined) return null;
  if ('basic' in auth) return basic(auth.basic.username, auth.basic.password, 'auth.basic.username');
  if (/[^\x21-\x7e]/.test(auth.bearer))
    throw new InvalidOptions(
      'auth.bearer',
      'the token holds blanks or special characters, expected plain ASCII',
    );
  return `Bearer ${auth.bearer}`;
}

function basic(username: string, password: string, key: string): string {
  if (username.includes(':'))
    throw new InvalidOptions(key, 'the user name holds a colon, which basic login cannot say');
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
