import { InvalidOptions, type Target } from '../../prober.ts';
import { headerValue } from '../../wire/http/header-list.ts';
import type { Login } from './plan.ts';
import { prepareTokenRequest } from './oauth2.ts';
import { type HttpOptions, headersOf } from './http-options.ts';
import type { HttpRequest } from './http-request.ts';

/** A request; `target` may name a user. Throws InvalidOptions. */
export function prepareRequest(target: Target | null, options: HttpOptions): HttpRequest {
  const headers = headersOf(options);
  const payload = payloadOf(options);
  const method = methodOf(options.method ?? (payload === null ? 'GET' : 'POST'));
  const type = headerValue(headers, 'content-type') === null ? (payload?.type ?? null) : null;
  return {
    method,
    headers: type === null ? headers : [...headers, ['content-type', type]],
    authorization: target === null ? null : authorizationOf(target, options),
    body: payload?.bytes ?? null,
    compression: options.compression ?? true,
  };
}

function methodOf(written: string): string {
  const method = written.toUpperCase();
  if (method === 'CONNECT')
    throw new InvalidOptions('method', 'CONNECT asks a proxy for a tunnel, expected a method for a page');
  return method;
}

interface Payload {
  readonly bytes: Buffer;
  readonly type: string | null;
}

function payloadOf({ body, form, json }: HttpOptions): Payload | null {
  const given = Object.entries({ body, form, json }).filter(([, value]) => value !== undefined);
  const second = given[1]?.[0];
  if (second !== undefined)
    throw new InvalidOptions(second, 'body, form and json exclude each other: one of them');
  if (body !== undefined) return { bytes: Buffer.from(body), type: null };
  if (json !== undefined) return { bytes: Buffer.from(JSON.stringify(json)), type: 'application/json' };
  if (form === undefined) return null;
  const fields = new URLSearchParams(
    Object.fromEntries(Object.entries(form).map(([name, value]) => [name, String(value)])),
  );
  return { bytes: Buffer.from(fields.toString()), type: 'application/x-www-form-urlencoded' };
}

/** RFC 7617 §2, RFC 6750 §2.1; null without a login. */
function authorizationOf({ username, password }: Target, { auth }: HttpOptions): string | null {
  const inTarget = username !== null || password !== null;
  if (auth !== undefined && inTarget)
    throw new InvalidOptions('auth', 'the target names a user already: one of them');
  if (inTarget) return basic(username ?? '', password ?? '', 'target');
  if (auth === undefined) return null;
  if ('digest' in auth || 'oauth2' in auth) return null;
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

/** The login that takes a request of its own; null for the others. Throws InvalidOptions. */
export function loginOf({ auth }: HttpOptions): Login | null {
  if (auth === undefined) return null;
  if ('oauth2' in auth) return { kind: 'oauth2', token: prepareTokenRequest(auth.oauth2) };
  return 'digest' in auth ? { kind: 'digest', digest: auth.digest } : null;
}
