import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import { headerValue } from '../../wire/http/header-list.ts';
import type { HttpRequest } from '../../wire/http/http-request.ts';
import { type Place, hrefOf, originOf, placeOfLocation } from '../../wire/http/place.ts';
import type { ResponseHead } from '../../wire/http/response-head.ts';

/** What an answer asks to be requested next. */
export interface Step {
  readonly place: Place;
  readonly request: HttpRequest;
}

/**
 * Where a redirect leads (RFC 9110 §15.4); null for every other answer. Throws a Fault for one that must not be
 * followed: out of HTTP, out of encryption, or with a body to another origin.
 */
export function stepAfter(head: ResponseHead, from: Place, request: HttpRequest): Step | null {
  const location = headerValue(head.headers, 'location');
  if (![301, 302, 303, 307, 308].includes(head.status) || location === null) return null;
  const place = placeOfLocation(location, from);
  if (typeof place === 'string') return refuse(`it redirects to "${safeLine(location, 100)}": ${place}`);
  if (from.scheme === 'https' && place.scheme === 'http') {
    return refuse(`it redirects from https to ${shown(place)}, which is not encrypted`);
  }
  const next = withMethod(head.status, request);
  if (next.body !== null && originOf(place) !== originOf(from)) {
    return refuse(`it redirects the body of a ${next.method} to another origin, ${shown(place)}`);
  }
  return { place, request: next };
}

/** 303, and by custom 301 and 302 after a POST, are followed by a GET. */
function withMethod(status: number, request: HttpRequest): HttpRequest {
  const { method } = request;
  const turns = status === 303 ? method !== 'GET' && method !== 'HEAD' : status <= 302 && method === 'POST';
  if (!turns) return request;
  return {
    ...request,
    method: 'GET',
    body: null,
    headers: request.headers.filter(([name]) => !/^content-/i.test(name)),
  };
}

function shown(place: Place): string {
  return safeLine(hrefOf(place), 100);
}

function refuse(text: string): never {
  return fail('redirect', 'protocol', text);
}
