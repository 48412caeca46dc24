import { isIP } from 'node:net';
import { safeLine } from '../../words/safe-text.ts';
import type { Code } from '../../words/reason.ts';
import { type Endpoint, fail } from '../prober.ts';
import type { Conversation } from './conversation.ts';
import { type Proxy, showEndpoint, showProxy } from './proxy.ts';

export interface Socks5Login {
  readonly username: string | null;
  readonly password: string | null;
}

/** What a SOCKS5 proxy says of a connection that it was asked for. */
export interface Socks5Reply {
  /** `connected`, or why not */
  readonly word: string;
  /** null when it is connected */
  readonly code: Code | null;
  /** for messages, behind the name of the proxy */
  readonly text: string;
  /** where it says that the connection leaves from; null when it does not say, or is not connected */
  readonly bound: Endpoint | null;
}

const VERSION = 5;
const NO_LOGIN = 0;
const PASSWORD = 2;
/** Bytes that the length of a user, a password or a name can say. */
export const SOCKS5_LONGEST = 255;

/** RFC 1928 §6, from 1 on. */
export const SOCKS5_REPLIES: readonly (readonly [word: string, Code, text: string])[] = [
  ['failed', 'unreachable', 'failed'],
  ['denied', 'status', 'does not allow it'],
  ['network_unreachable', 'unreachable', 'finds no way to that network'],
  ['host_unreachable', 'unreachable', 'finds no way to that host'],
  ['refused', 'refused', 'was refused the connection'],
  ['expired', 'timeout', 'got no answer in time'],
  ['no_command', 'protocol', 'knows no such command'],
  ['no_address_type', 'protocol', 'knows no such kind of address'],
];

/** Asks a SOCKS5 proxy for a connection (RFC 1928), logging in where it wants that (RFC 1929). Throws Faults. */
export async function askSocks5(conversation: Conversation, proxy: Proxy, to: Endpoint): Promise<void> {
  const who = showProxy(proxy);
  const hasLogin = proxy.username !== null || proxy.password !== null;
  await agreeSocks5(conversation, proxy, hasLogin ? 'if wanted' : 'no', who);
  const { code, text } = await connectSocks5(conversation, to, who);
  if (code !== null) fail(code, 'connect', `${who}, asked for ${showEndpoint(to)}, ${text}`);
}

/** Agrees on a way to log in, and logs in (RFC 1928 §3, RFC 1929). `yes`: nothing else is offered. Throws Faults. */
export async function agreeSocks5(
  conversation: Conversation,
  login: Socks5Login,
  logsIn: 'yes' | 'if wanted' | 'no',
  who: string,
): Promise<'none' | 'password'> {
  const offered = { yes: [PASSWORD], 'if wanted': [NO_LOGIN, PASSWORD], no: [NO_LOGIN] }[logsIn];
  await conversation.write(Buffer.from([VERSION, offered.length, ...offered]));
  const [version, method = 0] = await conversation.readExactly(2);
  if (version !== VERSION) strange(who, version);
  if (method === NO_LOGIN && logsIn !== 'yes') return 'none';
  if (method !== PASSWORD || logsIn === 'no')
    fail(
      'auth',
      'auth',
      `${who} ${logsIn === 'no' ? 'wants a login: write user:password@ before its host' : 'takes no login by password'}`,
    );
  const [user, secret] = [Buffer.from(login.username ?? ''), Buffer.from(login.password ?? '')];
  const said = Buffer.concat([Buffer.from([1, user.length]), user, Buffer.from([secret.length]), secret]);
  await conversation.write(said, `login of ${safeLine(login.username ?? '', 100)}: ***`);
  const [, status] = await conversation.readExactly(2);
  if (status !== 0) fail('auth', 'auth', `${who} refused the login`);
  return 'password';
}

/** Asks for a connection (RFC 1928 §4), once logged in. Throws Faults for what is no reply. */
export async function connectSocks5(
  conversation: Conversation,
  to: Endpoint,
  who: string,
): Promise<Socks5Reply> {
  await conversation.write(Buffer.from([VERSION, 1, 0, ...addressOf(to), to.port >> 8, to.port & 0xff]));
  const [version, reply = 1, , kind] = await conversation.readExactly(4);
  if (version !== VERSION) strange(who, version);
  // Some hang up behind these four bytes when the answer is no.
  if (reply !== 0) return refusal(reply);
  return {
    word: 'connected',
    code: null,
    text: 'is connected',
    bound: await readBound(conversation, kind, who),
  };
}

function refusal(reply: number): Socks5Reply {
  const [word, code, text] = SOCKS5_REPLIES[reply - 1] ?? [
    `reply_${String(reply)}`,
    'protocol',
    `answered with the unknown reply ${String(reply)}`,
  ];
  return { word, code, text, bound: null };
}

async function readBound(
  conversation: Conversation,
  kind: number | undefined,
  who: string,
): Promise<Endpoint | null> {
  const length =
    kind === 1 ? 4 : kind === 4 ? 16 : kind === 3 ? ((await conversation.readExactly(1))[0] ?? 0) : null;
  if (length === null) return fail('protocol', 'protocol', `${who} answered with an unknown kind of address`);
  const bytes = await conversation.readExactly(length);
  const port = (await conversation.readExactly(2)).readUInt16BE(0);
  // All zeros: it does not want to say.
  if (bytes.every((byte) => byte === 0)) return null;
  const host = kind === 1 ? bytes.join('.') : kind === 4 ? ipv6Text(bytes) : safeLine(bytes.toString('utf8'));
  return { host, port };
}

function addressOf({ host }: Endpoint): Buffer {
  const family = isIP(host);
  if (family === 4) return Buffer.from([1, ...host.split('.').map(Number)]);
  if (family === 6) return Buffer.concat([Buffer.from([4]), ipv6Bytes(host)]);
  const name = Buffer.from(host).subarray(0, SOCKS5_LONGEST);
  return Buffer.concat([Buffer.from([3, name.length]), name]);
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

function ipv6Text(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(2 * at).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

function strange(who: string, version: number | undefined): never {
  const hint = version === 0x48 ? ': it speaks HTTP' : version === 0 ? ': it may speak SOCKS4' : '';
  return fail('protocol', 'protocol', `${who} does not answer in SOCKS5${hint}`);
}
