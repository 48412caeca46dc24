import { type Proxy, proxyAuthorization } from '../proxy.ts';
import { type Place, hrefOf } from './place.ts';

/** What a request says to a proxy that fetches the page itself (RFC 9112 §3.2.2). */
export interface Relay {
  readonly proxy: Proxy;
  readonly authorization: string | null;
  /** what stands in the request line */
  readonly target: string;
}

/** Null where the place is asked itself, directly or through a tunnel. */
export function relayOf(place: Place, proxy: Proxy | null): Relay | null {
  if (proxy?.kind !== 'http' || place.scheme === 'https') return null;
  return { proxy, authorization: proxyAuthorization(proxy), target: hrefOf(place) };
}
