import type { HeaderList } from '../../wire/http/header-list.ts';
import type { Place } from '../../wire/http/place.ts';

/** Cookies of one probe: what its answers set, for the requests that follow a redirect (RFC 6265). */
export interface CookieJar {
  /** Takes the Set-Cookie fields of an answer; `now` is ms since 1970. */
  store(headers: HeaderList, from: Place, now: number): void;
  /** The Cookie field for a place; null when there is none. */
  fieldFor(place: Place): string | null;
  /** The value of the cookie of this name that was set last, wherever; null when there is none. */
  valueOf(name: string): string | null;
}

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly domain: string;
  /** for this very host, not for those below it */
  readonly hostOnly: boolean;
  readonly path: string;
  readonly secure: boolean;
  readonly port: number;
}

const MOST_COOKIES = 50;
const LONGEST_COOKIE = 4096;

export function createCookieJar(): CookieJar {
  const cookies = new Map<string, Cookie>();
  return {
    store(headers, from, now) {
      for (const [name, value] of headers) {
        if (name !== 'set-cookie' || value.length > LONGEST_COOKIE) continue;
        const cookie = parseCookie(value, from);
        if (cookie === null) continue;
        const key = `${cookie.name};${cookie.domain};${cookie.path}`;
        cookies.delete(key);
        if (!isOver(value, now) && cookies.size < MOST_COOKIES) cookies.set(key, cookie);
      }
    },
    fieldFor(place) {
      const fitting = [...cookies.values()].filter((cookie) => fits(cookie, place));
      const ordered = fitting.sort((a, b) => b.path.length - a.path.length);
      return ordered.length === 0 ? null : ordered.map(({ name, value }) => `${name}=${value}`).join('; ');
    },
    valueOf: (name) => [...cookies.values()].findLast((cookie) => cookie.name === name)?.value ?? null,
  };
}

function parseCookie(field: string, from: Place): Cookie | null {
  const [pair = ''] = field.split(';', 1);
  const equals = pair.indexOf('=');
  const name = pair.slice(0, Math.max(0, equals)).trim();
  const value = pair.slice(equals + 1).trim();
  if (name === '' || !/^[\x21-\x7e\x80-\uffff ]*$/.test(name + value)) return null;
  const asked = attribute(field, 'domain')?.replace(/^\./, '').toLowerCase() ?? '';
  const hostOnly = asked === '' || asked === from.host;
  // A cookie for a whole top-level domain, or for a domain that is not the host’s own, is none.
  if (!hostOnly && !(asked.includes('.') && isBelow(from.host, asked))) return null;
  const path = attribute(field, 'path') ?? '';
  const secure = attribute(field, 'secure') !== null;
  if (secure && from.scheme !== 'https') return null;
  return {
    name,
    value,
    domain: hostOnly ? from.host : asked,
    hostOnly,
    path: path.startsWith('/') ? path : defaultPath(from),
    secure,
    port: from.port,
  };
}

/** The value of an attribute, empty when it has none, null when it is not there. */
function attribute(field: string, wanted: string): string | null {
  const attributes = field
    .split(';')
    .slice(1)
    .map((part) => part.trim());
  const found = attributes.findLast((part) => (part.split('=', 1)[0] ?? '').trim().toLowerCase() === wanted);
  if (found === undefined) return null;
  return found.includes('=') ? found.slice(found.indexOf('=') + 1).trim() : '';
}

function isOver(field: string, now: number): boolean {
  const seconds = attribute(field, 'max-age');
  if (seconds !== null && /^-?\d+$/.test(seconds)) return Number(seconds) <= 0;
  const expires = attribute(field, 'expires');
  return expires !== null && Date.parse(expires) <= now;
}

function fits({ domain, hostOnly, path, secure, port }: Cookie, place: Place): boolean {
  // Browsers share cookies between ports; another port is another’s service, except on the way from http to https.
  const usual = (number: number) => number === 80 || number === 443;
  if (port !== place.port && !(usual(port) && usual(place.port))) return false;
  if (secure && place.scheme !== 'https') return false;
  if (place.host !== domain && (hostOnly || !isBelow(place.host, domain))) return false;
  const [asked = '/'] = place.path.split('?', 1);
  return asked === path || asked.startsWith(path.endsWith('/') ? path : `${path}/`);
}

function isBelow(host: string, domain: string): boolean {
  return host.endsWith(`.${domain}`) && !/^[\d.]+$/.test(host);
}

/** RFC 6265 §5.1.4. */
function defaultPath({ path }: Place): string {
  const [plain = '/'] = path.split('?', 1);
  const last = plain.lastIndexOf('/');
  return last <= 0 ? '/' : plain.slice(0, last);
}
