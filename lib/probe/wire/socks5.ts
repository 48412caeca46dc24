import { isIP } from 'node:net';
import { safeLine } from '../../words/safe-text.ts';
import type { Code } from '../../words/reason.ts';
import { type Endpoint, fail } from '../prober.ts';
import type { Conversation } from './conversation.ts';
import { type Proxy, showEndpoint, showProxy } from './proxy.ts';

const VERSION = 5;
const NO_LOGIN = 0;
const PASSWORD = 2;

/** RFC 1928 §6. */
const REPLIES: readonly (readonly [Code, string])[] = [
  ['unreachable', 'failed'],
  ['status', 'does not allow it'],
  ['unreachable', 'finds no way to that network'],
  ['unreachable', 'finds no way to that host'],
  ['refused', 'was refused the connection'],
  ['timeout', 'got no answer in time'],
  ['protocol', 'knows no such command'],
  ['protocol', 'knows no such kind of address'],
];

/** Asks a SOCKS5 proxy for a connection (RFC 1928), logging in where it wants that (RFC 1929). Throws Faults. */
export async function askSocks5(conversation: Conversation, proxy: Proxy, to: Endpoint): Promise<void> {
  const who = showProxy(proxy);
  await agree(conversation, proxy, who);
  await conversation.write(Buffer.from([VERSION, 1, 0, ...addressOf(to), to.port >> 8, to.port & 0xff]));
  const [version, reply = 1, , kind] = await conversation.readExactly(4);
  if (version !== VERSION) strange(who, version);
  if (reply !== 0) {
    const [code, words] = REPLIES[reply - 1] ?? [
      'protocol',
      `answered with the unknown reply ${String(reply)}`,
    ];
    fail(code, 'connect', `${who}, asked for ${showEndpoint(to)}, ${words}`);
  }
  // The address that the proxy connects from is of no use here.
  const length =
    kind === 1 ? 4 : kind === 4 ? 16 : kind === 3 ? ((await conversation.readExactly(1))[0] ?? 0) : null;
  if (length === null) return fail('protocol', 'connect', `${who} answered with an unknown kind of address`);
  await conversation.readExactly(length + 2);
}

async function agree(conversation: Conversation, proxy: Proxy, who: string): Promise<void> {
  const { username, password } = proxy;
  const hasLogin = username !== null || password !== null;
  await conversation.write(Buffer.from(hasLogin ? [VERSION, 2, NO_LOGIN, PASSWORD] : [VERSION, 1, NO_LOGIN]));
  const [version, method] = await conversation.readExactly(2);
  if (version !== VERSION) strange(who, version);
  if (method === NO_LOGIN) return;
  if (method !== PASSWORD || !hasLogin)
    fail(
      'auth',
      'auth',
      `${who} ${hasLogin ? 'takes no login by password' : 'wants a login: write user:password@ in proxy'}`,
    );
  const [user, secret] = [Buffer.from(username ?? ''), Buffer.from(password ?? '')];
  const login = Buffer.concat([Buffer.from([1, user.length]), user, Buffer.from([secret.length]), secret]);
  await conversation.write(login, `login of ${safeLine(username ?? '', 100)}: ***`);
  const [, status] = await conversation.readExactly(2);
  if (status !== 0) fail('auth', 'auth', `${who} refused the login`);
}

function addressOf({ host }: Endpoint): Buffer {
  const family = isIP(host);
  if (family === 4) return Buffer.from([1, ...host.split('.').map(Number)]);
  if (family === 6) return Buffer.concat([Buffer.from([4]), ipv6Bytes(host)]);
  const name = Buffer.from(host);
  return Buffer.concat([Buffer.from([3, Math.min(name.length, 255)]), name.subarray(0, 255)]);
}

function ipv6Bytes(ip: string): Buffer {
  // WHATWG URLs write an IPv6 address in hex groups, an embedded IPv4 one too.
  const written = new URL(`http://[${ip.split('%', 1)[0] ?? ''}]`).hostname.slice(1, -1);
  const [head = '', tail] = written.split('::');
  const groups = (text: string) => text.split(':').filter((group) => group !== '');
  const [front, back] = [groups(head), groups(tail ?? '')];
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => '0');
  const all = [...front, ...zeros, ...back].map((group) => Number.parseInt(group, 16));
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

function strange(who: string, version: number | undefined): never {
  const hint = version === 0x48 ? ': it speaks HTTP, write http://' : '';
  return fail('protocol', 'connect', `${who} does not answer in SOCKS5${hint}`);
}
