import type { Json, JsonSchema } from '../../../words/json.ts';
import { parseSize } from '../../../words/units.ts';
import { InvalidOptions } from '../../prober.ts';
import { PASSWORD_LOGIN, only, type PlainLogin } from '../../wire/http/authorization.ts';
import { HEADERS_SCHEMA, type WrittenHeaders } from '../../wire/http/written-headers.ts';
import type { Oauth2Options } from './oauth2.ts';
import type { BodyLimits } from '../../wire/http/received-body.ts';

/** What http and https add to a service. */
export interface HttpOptions {
  readonly method?: string;
  readonly headers?: WrittenHeaders;
  readonly body?: string;
  readonly form?: { readonly [name: string]: string | number | boolean };
  readonly json?: Json;
  readonly auth?:
    | PlainLogin
    | { readonly digest: { readonly username: string; readonly password: string } }
    | { readonly oauth2: Oauth2Options };
  readonly redirects?: number;
  readonly compression?: boolean;
  readonly http_version?: 'auto' | '1.1' | '2' | '3' | 1.1 | 2 | 3;
  readonly max_body?: number | string;
  readonly max_size?: number | string;
}

const SIZE: JsonSchema = {
  type: ['integer', 'string'],
  minimum: 1,
  pattern: '^\\d+(\\.\\d+)?(B|kB|KB|MB|GB|KiB|MiB|GiB)$',
};

export const HTTP_OPTIONS: { readonly [key: string]: JsonSchema } = {
  method: {
    type: 'string',
    pattern: '^[A-Za-z][A-Za-z-]*$',
    description: 'default GET, or POST with a body',
  },
  headers: HEADERS_SCHEMA,
  body: { type: 'string', description: 'text to send' },
  form: {
    type: 'object',
    additionalProperties: { type: ['string', 'number', 'boolean'] },
    description: 'fields to send as a form',
  },
  json: { description: 'a value to send as JSON' },
  auth: {
    description:
      'a login: {basic: {username, password}} (as user:password@ in the target), {digest: {username, password}} (one request more, and a third where the server calls its own nonce stale), {bearer: TOKEN}, or {oauth2: {token_url, client_id, client_secret}} (client credentials; one request more, to the token endpoint)',
    oneOf: [
      only('basic', PASSWORD_LOGIN),
      only('digest', PASSWORD_LOGIN),
      only('bearer', { type: 'string' }),
      only('oauth2', {
        type: 'object',
        properties: {
          token_url: { type: 'string', description: 'where tokens are asked for' },
          client_id: { type: 'string' },
          client_secret: { type: 'string' },
          scope: { type: 'string', description: 'scopes, separated by blanks' },
          audience: { type: 'string', description: 'whom the token is for, where the endpoint wants it' },
          client_auth: {
            enum: ['basic', 'body'],
            default: 'basic',
            description: 'where id and secret are said: in Authorization, or in the body',
          },
        },
        required: ['token_url', 'client_id', 'client_secret'],
        additionalProperties: false,
      }),
    ],
  },
  redirects: {
    type: 'integer',
    minimum: 0,
    maximum: 50,
    default: 10,
    description: 'how many redirects are followed; 0: the redirect is the answer',
  },
  compression: {
    type: 'boolean',
    default: true,
    description: 'ask for packed answers; they are unpacked in any case',
  },
  http_version: {
    enum: ['auto', '1.1', '2', '3', 1.1, 2, 3],
    default: 'auto',
    description:
      'auto: HTTP/2 where TLS agrees on it, else 1.1; 2 without TLS means prior knowledge (h2c); 3 is asked by curl, which must be built with it',
  },
  max_body: {
    ...SIZE,
    default: '1MiB',
    description: 'how much of a body is kept for body, json and title; the rest is read and counted',
  },
  max_size: {
    ...SIZE,
    default: '64MiB',
    description: 'a body that is longer after unpacking is down (too_large)',
  },
};

/** Throws InvalidOptions. */
export function limitsOf({ max_body = 2 ** 20, max_size = 64 * 2 ** 20 }: HttpOptions): BodyLimits {
  const longest = bytesOf(max_size, 'max_size');
  return { kept: Math.min(bytesOf(max_body, 'max_body'), longest), longest };
}

function bytesOf(size: number | string, key: string): number {
  const bytes = typeof size === 'number' ? size : parseSize(size);
  if (bytes === null)
    throw new InvalidOptions(key, `saw ${JSON.stringify(size)}, expected a size such as 64KiB`);
  return Math.floor(bytes);
}
