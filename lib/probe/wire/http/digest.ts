import { createHash, randomBytes } from 'node:crypto';
import type { Challenge } from './challenges.ts';

export interface DigestLogin {
  readonly username: string;
  readonly password: string;
}

/** What the login is for. */
export interface DigestRequest {
  readonly method: string;
  /** path and query as sent */
  readonly uri: string;
  readonly body: Buffer | null;
}

/** Strongest first (RFC 7616 §3.3, §6.1): the name in a challenge and Node’s. */
const ALGORITHMS = [
  ['SHA-512-256', 'sha512-256'],
  ['SHA-256', 'sha256'],
  ['MD5', 'md5'],
] as const;

type Hash = (text: string | Buffer) => string;

/**
 * The Authorization field for the best digest challenge among these (RFC 7616; RFC 2069 where no qop is offered);
 * null when none can be answered. `cnonce` is random but in tests.
 */
export function digestAuthorization(
  challenges: readonly Challenge[],
  login: DigestLogin,
  request: DigestRequest,
  cnonce = randomBytes(16).toString('hex'),
): string | null {
  const ours = challenges.filter(({ scheme, parameters }) => scheme === 'digest' && parameters.has('nonce'));
  for (const [name, hashName] of ALGORITHMS) {
    for (const { parameters } of ours) {
      const asked = parameters.get('algorithm') ?? 'MD5';
      const [, base = '', session] = /^(.*?)(-sess)?$/i.exec(asked.slice(0, 40)) ?? [];
      if (base.toUpperCase() !== name) continue;
      const hash: Hash = (text) => createHash(hashName).update(text).digest('hex');
      const answer = respond(parameters, login, request, {
        hash,
        asked,
        cnonce,
        session: session !== undefined,
      });
      if (answer !== null) return answer;
    }
  }
  return null;
}

interface How {
  readonly hash: Hash;
  readonly asked: string;
  readonly cnonce: string;
  readonly session: boolean;
}

const COUNT = '00000001';

function respond(
  parameters: Challenge['parameters'],
  { username, password }: DigestLogin,
  { method, uri, body }: DigestRequest,
  { hash, asked, cnonce, session }: How,
): string | null {
  const [nonce = '', realm = ''] = [parameters.get('nonce'), parameters.get('realm')];
  const offered = parameters.get('qop')?.toLowerCase().split(/[ ,]+/) ?? null;
  const qop = offered === null ? null : ['auth', 'auth-int'].find((one) => offered.includes(one));
  if (qop === undefined) return null;
  const bare = hash(`${username}:${realm}:${password}`);
  const secret = session ? hash(`${bare}:${nonce}:${cnonce}`) : bare;
  const entity = qop === 'auth-int' ? `:${hash(body ?? '')}` : '';
  const asking = hash(`${method}:${uri}${entity}`);
  const middle = qop === null ? nonce : [nonce, COUNT, cnonce, qop].join(':');
  const hashed = parameters.get('userhash')?.toLowerCase() === 'true';
  const fields: [string, string | null][] = [
    ...(hashed
      ? [['username', quoted(hash(`${username}:${realm}`))] as [string, string]]
      : [nameField(username)]),
    ['realm', quoted(realm)],
    ['nonce', quoted(nonce)],
    ['uri', quoted(uri)],
    ['response', quoted(hash(`${secret}:${middle}:${asking}`))],
    ['algorithm', parameters.has('algorithm') ? asked : null],
    ['opaque', parameters.has('opaque') ? quoted(parameters.get('opaque') ?? '') : null],
    ['qop', qop],
    ['nc', qop === null ? null : COUNT],
    ['cnonce', qop === null && !session ? null : quoted(cnonce)],
    ['userhash', hashed ? 'true' : null],
  ];
  const said = fields.flatMap(([name, value]) => (value === null ? [] : [`${name}=${value}`]));
  return `Digest ${said.join(', ')}`;
}

/** RFC 7616 §3.4: what a quoted string cannot hold goes into `username*` (RFC 8187). */
function nameField(username: string): [string, string] {
  if (/^[\x20-\x7e]*$/.test(username)) return ['username', quoted(username)];
  const encoded = encodeURIComponent(username).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return ['username*', `UTF-8''${encoded}`];
}

function quoted(text: string): string {
  return `"${text.replace(/[\r\n\0]/g, '').replace(/["\\]/g, '\\$&')}"`;
}
