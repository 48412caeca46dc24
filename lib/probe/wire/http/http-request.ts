import { VERSION } from '../../../words/version.ts';
import { ACCEPT_ENCODING } from './content-decoding.ts';
import { headerValue, type HeaderList } from './header-list.ts';
import { type Place, authorityOf } from './place.ts';

/** What is asked of a place. */
export interface HttpRequest {
  readonly method: string;
  /** what the config says, in its order; without what belongs to one connection */
  readonly headers: HeaderList;
  readonly authorization: string | null;
  readonly body: Buffer | null;
  /** asks for packed answers */
  readonly compression: boolean;
}

/** The fields sent, Host first and in lower case; what the config says goes before what puptime would say. */
export function fieldsOf(
  request: HttpRequest,
  place: Place,
  cookies: string | null,
  proxyAuthorization: string | null = null,
): HeaderList {
  const { method, headers, body, authorization, compression } = request;
  const own: [string, string | null][] = [
    ['host', authorityOf(place)],
    ['user-agent', `puptime/${VERSION}`],
    ['accept', '*/*'],
    ['accept-encoding', compression ? ACCEPT_ENCODING : null],
    ['authorization', authorization],
    ['proxy-authorization', proxyAuthorization],
    ['content-length', body !== null ? String(body.length) : mustSayLength(method) ? '0' : null],
  ];
  const defaults = own.flatMap(([name, value]) =>
    value === null || (name !== 'content-length' && headerValue(headers, name) !== null)
      ? []
      : [[name, value] as const],
  );
  const written = headers.map(([name, value]) => [name.toLowerCase(), value] as const);
  const cookie = [headerValue(written, 'cookie'), cookies].filter((part) => part !== null).join('; ');
  return hostFirst([
    ...defaults,
    ...written.filter(([name]) => name !== 'cookie'),
    ...(cookie === '' ? [] : [['cookie', cookie] as const]),
  ]);
}

/** As it may be sent to strangers: fields of the config may be keys to something, whatever their names. */
export function withoutCredentials(request: HttpRequest): HttpRequest {
  return {
    ...request,
    authorization: null,
    headers: request.headers.filter(([name]) => HARMLESS.includes(name.toLowerCase())),
  };
}

const HARMLESS = ['accept', 'accept-language', 'accept-encoding', 'cache-control', 'user-agent'];

/** RFC 9110 §8.6. */
function mustSayLength(method: string): boolean {
  return method === 'POST' || method === 'PUT' || method === 'PATCH';
}

function hostFirst(fields: HeaderList): HeaderList {
  return [...fields.filter(([name]) => name === 'host'), ...fields.filter(([name]) => name !== 'host')];
}
