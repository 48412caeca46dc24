import { createHmac } from 'node:crypto';
import type { HostKeyKind } from './host-key.ts';

/** One usable line of a known_hosts text. */
export interface KnownHost {
  readonly hosts: readonly string[];
  readonly type: string;
  readonly blob: string;
  readonly revoked: boolean;
}

export type Known = 'match' | 'changed' | 'absent' | 'revoked';

/** Lines that are no keys are left out, as are @cert-authority. Source: sshd(8), “SSH_KNOWN_HOSTS FILE FORMAT”. */
export function parseKnownHosts(text: string): readonly KnownHost[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const words = line.trim().split(/[ \t]+/, 4);
    const marker = words[0]?.startsWith('@') === true ? words.shift() : undefined;
    const [hosts, type, blob] = words;
    if (hosts === undefined || type === undefined || blob === undefined || hosts.startsWith('#')) return [];
    if (marker !== undefined && marker !== '@revoked') return [];
    return [{ hosts: hosts.split(','), type, blob, revoked: marker === '@revoked' }];
  });
}

/** What the text says of a key that a host showed. */
export function lookUp(known: readonly KnownHost[], name: string, type: string, key: Buffer): Known {
  const blob = key.toString('base64');
  const ofHost = known.filter(({ hosts }) => namesHost(hosts, name));
  const same = ofHost.filter((entry) => entry.type === type && sameBlob(entry.blob, blob));
  if (same.some(({ revoked }) => revoked)) return 'revoked';
  if (same.length > 0) return 'match';
  return ofHost.some(({ revoked }) => !revoked) ? 'changed' : 'absent';
}

/** Kinds of keys that are known of a host: those are asked for. */
export function knownKinds(known: readonly KnownHost[], name: string): readonly HostKeyKind[] {
  const types = known
    .filter(({ hosts, revoked }) => !revoked && namesHost(hosts, name))
    .map(({ type }) => type);
  const kindOf = (type: string): HostKeyKind | null => {
    if (type === 'ssh-ed25519') return 'ed25519';
    if (type === 'ssh-rsa') return 'rsa';
    return type.startsWith('ecdsa-sha2-') ? 'ecdsa' : null;
  };
  return [...new Set(types.map(kindOf).filter((kind) => kind !== null))];
}

/** `host`, or `[host]:port` for a port other than 22. */
export function knownHostName(host: string, port: number): string {
  return port === 22 ? host : `[${host}]:${port}`;
}

function sameBlob(a: string, b: string): boolean {
  return a.replace(/=+$/, '') === b.replace(/=+$/, '');
}

function namesHost(patterns: readonly string[], name: string): boolean {
  let found = false;
  for (const pattern of patterns) {
    if (pattern.startsWith('!')) {
      if (matchesPattern(pattern.slice(1), name)) return false;
    } else if (pattern.startsWith('|1|') ? matchesHash(pattern, name) : matchesPattern(pattern, name))
      found = true;
  }
  return found;
}

/** `|1|SALT|HMAC-SHA1 of the name`, both in base64. */
function matchesHash(pattern: string, name: string): boolean {
  const [, , salt = '', hash = ''] = pattern.split('|', 4);
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}

/** `*` is any text, `?` any character; in time linear in pattern times name, which are both short. */
function matchesPattern(pattern: string, name: string): boolean {
  const [wanted, text] = [pattern.toLowerCase(), name.toLowerCase()];
  let [at, from, star, mark] = [0, 0, -1, 0];
  while (from < text.length) {
    if (at < wanted.length && (wanted[at] === '?' || wanted[at] === text[from]) && wanted[at] !== '*') {
      at += 1;
      from += 1;
    } else if (wanted[at] === '*') {
      star = at;
      mark = from;
      at += 1;
    } else if (star !== -1) {
      at = star + 1;
      mark += 1;
      from = mark;
    } else return false;
  }
  while (wanted[at] === '*') at += 1;
  return at === wanted.length;
}
