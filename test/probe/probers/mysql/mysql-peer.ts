import { type KeyObject, constants, createHash, generateKeyPairSync, privateDecrypt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { type Peer, listen } from '../../../contract/misbehaving-server.ts';
import type { TestCertificate } from '../../../servers/certificates.ts';

/** What a little server of MySQL 8 does; it has the one user `monitor`. Written from dev.mysql.com, “Connection Phase”. */
export interface MysqlPeerStart {
  readonly password?: string;
  /** whether its cache knows the user already (caching_sha2_password) */
  readonly cached?: boolean;
  readonly version?: string;
  /** which plugin its greeting names, and which the user has */
  readonly greets?: string;
  readonly wants?: string;
  readonly tls?: TestCertificate;
  /** answers to statements that begin so, in place of OK */
  readonly answers?: { readonly [start: string]: Buffer | readonly Buffer[] };
}

const NONCE = Buffer.from('abcdefghijklmnopqrst');
const TLS = 0x800;
const CAPABILITIES = 0x1 | 0x8 | 0x200 | 0x2000 | 0x8000 | 0x80000;

export const OK = Buffer.from([0, 0, 0, 2, 0, 0, 0]);
const END = Buffer.from([0xfe, 0, 0, 2, 0]);

export const errorPacket = (code: number, message: string, state = ''): Buffer =>
  Buffer.concat([Buffer.from([0xff, code & 0xff, code >> 8]), Buffer.from(state + message)]);

/** A set of rows: the packets of the answer. */
export function rowsOf(
  columns: readonly (readonly [name: string, type: number])[],
  rows: readonly (readonly (string | null)[])[],
): Buffer[] {
  const column = ([name, type]: readonly [string, number]) =>
    Buffer.concat([
      ...['def', '', '', '', name, name].map(text),
      Buffer.from([0x0c, 45, 0, 0, 1, 0, 0, type, 0, 0, 0, 0, 0]),
    ]);
  const row = (values: readonly (string | null)[]) =>
    Buffer.concat(values.map((value) => (value === null ? Buffer.from([0xfb]) : text(value))));
  return [Buffer.from([columns.length]), ...columns.map(column), END, ...rows.map(row), END];
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

let pair: { readonly publicKey: string; readonly privateKey: KeyObject } | null = null;

/** Starts it; `logins` tells how each login went. */
export async function startMysqlPeer(
  start: MysqlPeerStart = {},
): Promise<Peer & { readonly logins: string[] }> {
  // Before anybody waits for it: this takes its time.
  pair ??= makePair();
  const logins: string[] = [];
  const peer = await listen((socket) => void serve(socket, start, logins).catch(() => socket.destroy()));
  return { ...peer, logins };
}

async function serve(raw: Socket, start: MysqlPeerStart, logins: string[]): Promise<void> {
  const { password = 'se cret', wants = 'caching_sha2_password', cached = false } = start;
  const greets = start.greets ?? wants;
  const line = lineOver(raw);
  line.write(greeting(start, greets));
  let response = await line.read();
  if (response.length === 32 && start.tls !== undefined) {
    line.upgrade(start.tls);
    response = await line.read();
  }
  const nameEnd = response.indexOf(0, 32);
  const user = response.toString('utf8', 32, nameEnd);
  let answer = response.subarray(nameEnd + 2, nameEnd + 2 + (response[nameEnd + 1] ?? 0));
  const rest = response
    .subarray(nameEnd + 2 + answer.length)
    .toString('utf8')
    .split('\0');
  let nonce = NONCE;
  if (!rest.includes(wants)) {
    nonce = Buffer.from('ABCDEFGHIJKLMNOPQRST');
    line.write(Buffer.concat([Buffer.from([0xfe]), Buffer.from(`${wants}\0`), nonce, Buffer.from([0])]));
    answer = await line.read();
  }
  const isRight = user === 'monitor' && (await judge());
  logins.push(`${user} by ${wants}: ${isRight ? 'right' : 'wrong'}`);
  if (!isRight) {
    line.write(errorPacket(1045, `Access denied for user '${user}'`, '#28000'));
    line.end();
    return;
  }
  line.write(OK);
  for (;;) {
    line.begin();
    const command = await line.read();
    if (command[0] === 0x01) {
      line.end();
      return;
    }
    const sql = command.subarray(1).toString('utf8');
    const [, given = OK] = Object.entries(start.answers ?? {}).find(([begin]) => sql.startsWith(begin)) ?? [];
    const fallback =
      command[0] === 0x03 && sql.startsWith('SHOW')
        ? rowsOf(
            [
              ['a', 253],
              ['b', 253],
            ],
            [],
          )
        : OK;
    const packets = given === OK ? fallback : given;
    for (const packet of Buffer.isBuffer(packets) ? [packets] : packets) line.write(packet);
  }

  async function judge(): Promise<boolean> {
    const bytes = Buffer.from(password);
    if (wants === 'mysql_native_password') return isNative(bytes, answer, nonce);
    if (wants === 'mysql_clear_password') return answer.equals(Buffer.from(`${password}\0`));
    if (wants === 'sha256_password') return (await whole(1, answer)) === `${password}\0`;
    const stored = sha256(sha256(bytes));
    if (cached) {
      if (!sha256(xor(answer, sha256(Buffer.concat([stored, nonce])))).equals(stored)) return false;
      line.write(Buffer.from([1, 3]));
      return true;
    }
    line.write(Buffer.from([1, 4]));
    return (await whole(2, await line.read())) === `${password}\0`;
  }

  /** The password as such inside TLS, else mixed and encrypted by our key, which is asked for by this byte. */
  async function whole(asksForKey: number, first: Buffer): Promise<string> {
    if (line.isSecure() || first.length !== 1 || first[0] !== asksForKey)
      return line.isSecure() ? first.toString('utf8') : '';
    const keys = (pair ??= makePair());
    line.write(Buffer.concat([Buffer.from([1]), Buffer.from(keys.publicKey)]));
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    const mixed = privateDecrypt({ key: keys.privateKey, padding }, await line.read());
    return Buffer.from(mixed.map((byte, index) => byte ^ (nonce[index % nonce.length] ?? 0))).toString(
      'utf8',
    );
  }
}

function greeting({ version = '8.4.3', tls }: MysqlPeerStart, plugin: string): Buffer {
  const capabilities = CAPABILITIES | (tls === undefined ? 0 : TLS);
  return Buffer.concat([
    Buffer.from([10]),
    Buffer.from(`${version}\0`),
    Buffer.from([7, 0, 0, 0]),
    NONCE.subarray(0, 8),
    Buffer.from([0, capabilities & 0xff, (capabilities >> 8) & 0xff, 255, 2, 0]),
    Buffer.from([(capabilities >> 16) & 0xff, capabilities >> 24, 21]),
    Buffer.alloc(10),
    NONCE.subarray(8),
    Buffer.from([0]),
    Buffer.from(`${plugin}\0`),
  ]);
}

function makePair() {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { publicKey: publicKey.export({ type: 'spki', format: 'pem' }) as string, privateKey };
}

function isNative(password: Buffer, answer: Buffer, nonce: Buffer): boolean {
  const sha1 = (bytes: Buffer) => createHash('sha1').update(bytes).digest();
  const stored = sha1(sha1(password));
  return sha1(xor(answer, sha1(Buffer.concat([nonce, stored])))).equals(stored);
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function xor(one: Buffer, other: Buffer): Buffer {
  return Buffer.from(one.map((byte, index) => byte ^ (other[index] ?? 0)));
}

/** Packets over a socket, read one by one. */
function lineOver(raw: Socket) {
  let socket = raw;
  let unread = Buffer.alloc(0);
  let number = 0;
  let wake: (() => void) | null = null;
  const hear = (chunk: Buffer) => {
    unread = Buffer.concat([unread, chunk]);
    wake?.();
  };
  const gone = () => wake?.();
  socket.on('data', hear).on('close', gone);
  return {
    begin: () => void (number = 0),
    isSecure: () => socket !== raw,
    end: () => void socket.end(),
    write(payload: Buffer) {
      const head = Buffer.from([payload.length & 0xff, (payload.length >> 8) & 0xff, 0, number]);
      number += 1;
      socket.write(Buffer.concat([head, payload]));
    },
    async read(): Promise<Buffer> {
      for (;;) {
        const length = unread.length < 4 ? Infinity : unread.readUIntLE(0, 3) + 4;
        if (unread.length >= length) {
          const payload = unread.subarray(4, length);
          number = (unread[3] ?? 0) + 1;
          unread = unread.subarray(length);
          return payload;
        }
        if (socket.destroyed) throw new Error('gone');
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    upgrade({ cert, key }: TestCertificate) {
      raw.off('data', hear).pause();
      // The client does not wait before it begins the handshake.
      raw.unshift(unread);
      unread = Buffer.alloc(0);
      socket = new TLSSocket(raw, { isServer: true, cert: readFileSync(cert), key: readFileSync(key) });
      socket
        .on('error', () => undefined)
        .on('data', hear)
        .on('close', gone);
    },
  };
}
