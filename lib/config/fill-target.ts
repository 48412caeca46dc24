import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { InvalidOptions, type Target } from '../probe/prober.ts';
import { SHORTEST_SECRET } from './lookup.ts';
import { splitReferences, type Lookup } from './references.ts';
import type { WrittenTarget } from './target.ts';

export interface FilledTarget {
  readonly target: Target;
  /** for people: as written, secrets and every password as `***` */
  readonly shown: string;
  /** literal passwords of the target, to be hidden like those from references */
  readonly passwords: readonly string[];
}

/**
 * Decodes a target and puts its references in. `defaultPort` is the scheme’s.
 * Throws `InvalidOptions` (key `target`) when what was put in makes no host or port, or an escape is broken.
 */
export function fillTarget(written: WrittenTarget, lookup: Lookup, defaultPort: number | null): FilledTarget {
  const decoded = (part: string) => assemble(part, lookup, decode, (value) => value);
  const password = written.password === null ? null : decoded(written.password);
  const target: Target = {
    scheme: written.scheme,
    username: emptyToNull(written.username === null ? null : decoded(written.username)),
    password: emptyToNull(password),
    host: checkHost(decoded(written.host), written.bracketed),
    port: written.port === null ? defaultPort : checkPort(decoded(written.port)),
    path: decoded(written.path),
    query: Object.fromEntries(
      queryPairs(written.query).map((pair) => pair.map(decodedQuery(lookup)) as [string, string]),
    ),
    raw: rawOf(written, lookup),
  };
  const hidden = password !== null && password.length >= SHORTEST_SECRET ? [password] : [];
  return { target, shown: show(written, lookup), passwords: hidden };
}

/** `redis://:PASSWORD@host` names no user. */
function emptyToNull(text: string | null): string | null {
  return text === '' ? null : text;
}

function assemble(
  part: string,
  lookup: Lookup,
  text: (literal: string) => string,
  value: (referenced: string, secret: boolean) => string,
): string {
  return splitReferences(part)
    .map((segment) => {
      if (segment.kind !== 'reference') return text(segment.kind === 'text' ? segment.text : segment.source);
      const referenced = lookup.value(segment.reference);
      return value(referenced.value, referenced.secret);
    })
    .join('');
}

function decode(literal: string): string {
  try {
    return decodeURIComponent(literal);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw new InvalidOptions('target', 'saw a % that begins no escape, expected %25 for a percent sign');
  }
}

function queryPairs(query: string | null): [string, string][] {
  if (query === null || query === '') return [];
  return splitOutsideReferences(query)
    .filter((pair) => pair !== '')
    .map((pair) => {
      const equals = pair.indexOf('=');
      return equals === -1 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
    });
}

/** At `&`, but not inside `${…}`, whose default may hold one. */
function splitOutsideReferences(query: string): string[] {
  return query.match(/(?:\$\{[^}]*\}|[^&])+/g) ?? [];
}

function decodedQuery(lookup: Lookup): (part: string) => string {
  return (part) =>
    assemble(
      part,
      lookup,
      (literal) => decode(literal.replaceAll('+', ' ')),
      (value) => value,
    );
}

function rawOf(written: WrittenTarget, lookup: Lookup): string {
  const raw = written.path + (written.query === null ? '' : `?${written.query}`);
  return assemble(raw, lookup, encodeForeign, (value) => encodeURIComponent(wellFormed(value)));
}

function encodeForeign(literal: string): string {
  return wellFormed(literal).replace(/[^\u0021-\u007e]+/g, encodeURIComponent);
}

/** Half a surrogate pair has no encoding: encodeURIComponent would throw. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}

function checkHost(host: string, bracketed: boolean): string {
  const refuse = (text: string): never => {
    throw new InvalidOptions('target', text);
  };
  if (host === '') return host;
  if (bracketed) return isIP(host) === 6 ? host : refuse('saw brackets around what is no IPv6 address');
  if (isIP(host) !== 0 || /^[A-Za-z0-9._-]{1,253}$/.test(host)) return host;
  const ascii = /[^\u0020-\u007e]/.test(host) ? domainToASCII(host) : '';
  return ascii !== ''
    ? ascii
    : refuse('saw a character in the host that no host name has, expected a name or an address');
}

function checkPort(port: string): number {
  if (port === PLACEHOLDER) return 1;
  if (/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535) return Number(port);
  throw new InvalidOptions('target', 'saw a port that is no number, expected 1 to 65535');
}

/** What `createPlaceholders` gives for every reference while a config is checked. */
const PLACEHOLDER = 'placeholder';

function show(written: WrittenTarget, lookup: Lookup): string {
  const part = (text: string) =>
    assemble(
      text,
      lookup,
      (literal) => literal,
      (value, secret) => (secret ? '***' : value),
    );
  const user = written.username === null ? '' : part(written.username);
  const password = written.password === null ? '' : ':***';
  const at = written.username === null ? '' : '@';
  const host = written.bracketed ? `[${part(written.host)}]` : part(written.host);
  const port = written.port === null ? '' : `:${part(written.port)}`;
  const query = written.query === null ? '' : `?${part(written.query)}`;
  return `${written.scheme}://${user}${password}${at}${host}${port}${part(written.path)}${query}`;
}
