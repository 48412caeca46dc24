import { InvalidOptions, type Target } from '../../prober.ts';
import { headerValue } from '../../wire/http/header-list.ts';
import type { Login } from './plan.ts';
import { prepareTokenRequest } from './oauth2.ts';
import { authorizationOf } from '../../wire/http/authorization.ts';
import { headersOf } from '../../wire/http/written-headers.ts';
import type { HttpOptions } from './http-options.ts';
import type { HttpRequest } from '../../wire/http/http-request.ts';

/** A request; `target` may name a user. Throws InvalidOptions. */
export function prepareRequest(target: Target | null, options: HttpOptions): HttpRequest {
  const headers = headersOf(options.headers);
  const payload = payloadOf(options);
  const method = methodOf(options.method ?? (payload === null ? 'GET' : 'POST'));
  const type = headerValue(headers, 'content-type') === null ? (payload?.type ?? null) : null;
  return {
    method,
    headers: type === null ? headers : [...headers, ['content-type', type]],
    authorization: target === null ? null : plainLogin(target, options),
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

/** Null without a login, and for one that takes a request of its own. */
function plainLogin(target: Target, { auth }: HttpOptions): string | null {
  if (auth === undefined || 'basic' in auth || 'bearer' in auth) return authorizationOf(target, auth);
  if (target.username !== null || target.password !== null)
    throw new InvalidOptions('auth', 'the target names a user already: one of them');
  return null;
}

/** The login that takes a request of its own; null for the others. Throws InvalidOptions. */
export function loginOf({ auth }: HttpOptions): Login | null {
  if (auth === undefined) return null;
  if ('oauth2' in auth) return { kind: 'oauth2', token: prepareTokenRequest(auth.oauth2) };
  return 'digest' in auth ? { kind: 'digest', digest: auth.digest } : null;
}
