import type { Target } from '../../prober.ts';

/** Where a request goes. */
export interface Place {
  readonly scheme: 'http' | 'https';
  /** without brackets, lower case */
  readonly host: string;
  readonly port: number;
  /** path and query as sent; begins with `/` */
  readonly path: string;
}

export const DEFAULT_PORT = { http: 80, https: 443 } as const;

/** The place that a target names; null when its scheme is not HTTP’s. */
export function placeOfTarget(target: Target): Place | null {
  const { scheme, host, port, raw } = target;
  if (scheme !== 'http' && scheme !== 'https') return null;
  const written = raw.split('#', 1)[0] ?? '';
  const path = written.startsWith('/') ? written : `/${written}`;
  return { scheme, host: host.toLowerCase(), port: port ?? DEFAULT_PORT[scheme], path: sendable(path) };
}

/** The place that a `Location` leads to from here (RFC 9110 §10.2.2), without user and fragment; else why there is none. */
export function placeOfLocation(location: string, from: Place): Place | string {
  if (!URL.canParse(location, hrefOf(from))) return 'it is no URL';
  const url = new URL(location, hrefOf(from));
  const scheme = url.protocol.slice(0, -1);
  if (scheme !== 'http' && scheme !== 'https') return 'it leads out of HTTP';
  return {
    scheme,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? DEFAULT_PORT[scheme] : Number(url.port),
    path: url.pathname + url.search,
  };
}

/** Bytes that may stand in a request line; others are percent-encoded. */
function sendable(path: string): string {
  return path.replace(/[^\x21-\x7e]/gu, (character) =>
    Buffer.from(character).toString('hex').replace(/../g, '%$&').toUpperCase(),
  );
}

/** `example.org`, `example.org:8080`, `[::1]:8080`: as in Host and :authority. */
export function authorityOf({ scheme, host, port }: Place): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return port === DEFAULT_PORT[scheme] ? name : `${name}:${String(port)}`;
}

export function hrefOf(place: Place): string {
  return `${originOf(place)}${place.path}`;
}

/** RFC 6454: scheme, host and port. */
export function originOf(place: Place): string {
  return `${place.scheme}://${authorityOf(place)}`;
}
