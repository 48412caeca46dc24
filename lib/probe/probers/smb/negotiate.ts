import { randomBytes } from 'node:crypto';
import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import { readBytes, u16LE, u32LE } from '../../wire/bytes.ts';
import type { Conversation } from '../../wire/conversation.ts';

/** What a server says of itself. Source: [MS-SMB2] §2.2.4. */
export interface SmbServer {
  readonly dialect: number;
  readonly signing: { readonly enabled: boolean; readonly required: boolean };
  /** in the usual form, lower case */
  readonly guid: string;
  readonly capabilities: number;
  /** milliseconds since 1970; null when it does not say */
  readonly time: number | null;
  readonly started: number | null;
  /** SPNEGO: which logins it takes */
  readonly token: Buffer;
  /** number of the cipher (3.1.1 only); null when there is none */
  readonly cipher: number | null;
}

const DIALECTS = [0x0202, 0x0210, 0x0300, 0x0302, 0x0311];
const HEADER = 64;
const MAX_LENGTH = 65_536;
const MOST_CONTEXTS = 16;
const SMB2 = Buffer.from([0xfe, 0x53, 0x4d, 0x42]);
const SMB1 = Buffer.from([0xff, 0x53, 0x4d, 0x42]);
/** A session refused, and the reason that is about room. Source: RFC 1002 §4.3.4. */
const [NEGATIVE, NO_ROOM] = [0x83, 0x83];
const [PREAUTH, ENCRYPTION] = [1, 2];
/** Milliseconds from 1601 to 1970. */
const EPOCH_MS = 11_644_473_600_000;

/** Source: [MS-ERREF] §2.3. */
const OVERLOADED: Readonly<Record<number, string>> = {
  0xc000_009a: 'STATUS_INSUFFICIENT_RESOURCES',
  0xc000_00d0: 'STATUS_REQUEST_NOT_ACCEPTED',
  0xc000_0205: 'STATUS_INSUFF_SERVER_RESOURCES',
};
const NOT_SUPPORTED = 0xc000_00bb;

/** A NEGOTIATE with all dialects of SMB 2 and 3. Source: [MS-SMB2] §2.1, §2.2.1, §2.2.3. */
export function encodeNegotiate(): Buffer {
  const contexts = [
    context(PREAUTH, Buffer.concat([u16LE(1), u16LE(32), u16LE(1), randomBytes(32)])),
    context(ENCRYPTION, Buffer.concat([4, 2, 1, 4, 3].map(u16LE))),
  ];
  const header = Buffer.alloc(HEADER);
  SMB2.copy(header);
  header.writeUInt16LE(HEADER, 4);
  // credits
  header.writeUInt16LE(1, 14);
  const dialects = Buffer.concat(DIALECTS.map(u16LE));
  const behind = HEADER + 36 + dialects.length;
  const offset = behind + ((8 - (behind % 8)) % 8);
  const message = Buffer.concat([
    header,
    ...[36, DIALECTS.length, 1, 0].map(u16LE),
    u32LE(0x40),
    randomBytes(16),
    u32LE(offset),
    u16LE(contexts.length),
    u16LE(0),
    dialects,
    Buffer.alloc(offset - behind),
    ...contexts,
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(message.length);
  return Buffer.concat([length, message]);
}

/** Reads the answer. Throws protocol when it is none, and what the server refuses with. */
export async function readNegotiated(conversation: Conversation): Promise<SmbServer> {
  const { peer } = conversation;
  const broken = (got: string): never =>
    fail('protocol', 'protocol', `${peer} does not speak SMB: it sent ${got}`, {
      expected: 'an answer to NEGOTIATE (SMB 2)',
      got,
    });
  const first = await conversation.readExactly(1);
  if (first[0] === NEGATIVE) return turnedAway((await conversation.readExactly(4))[3], peer);
  if (first[0] !== 0) {
    const more = conversation.buffered() === 0 ? null : await conversation.read();
    const heard = Buffer.concat([first, more ?? Buffer.alloc(0)]).subarray(0, 200);
    return broken(`"${safeLine(heard.toString('utf8'), 60)}"`);
  }
  const length = (await conversation.readExactly(3)).readUIntBE(0, 3);
  if (length < HEADER || length > MAX_LENGTH) return broken(`a message of ${String(length)} bytes`);
  const magic = await conversation.readExactly(4);
  if (magic.equals(SMB1))
    return fail('status', 'protocol', `${peer} speaks only SMB 1, which is not safe: expected 2 or 3`);
  if (!magic.equals(SMB2)) return broken('a message that begins otherwise');
  const message = Buffer.concat([magic, await conversation.readExactly(length - 4)]);
  return readServer(message, peer, broken);
}

/** Samba says so to hosts that it does not serve. */
function turnedAway(why: number | undefined, peer: string): never {
  const code = `0x${(why ?? 0).toString(16)}`;
  if (why === NO_ROOM)
    return fail('overloaded', 'protocol', `${peer} has no room for another session (${code})`);
  return fail('status', 'protocol', `${peer} refuses this host a session (${code}): see its \`hosts allow\``);
}

function readServer(message: Buffer, peer: string, broken: (got: string) => never): SmbServer {
  const early = () => broken('a message that ends early');
  const status = message.readUInt32LE(8);
  const [command, flags] = [message.readUInt16LE(12), message.readUInt32LE(16)];
  if (command !== 0 || (flags & 1) === 0) return broken(`a message of the command ${String(command)}`);
  if (status !== 0) return refused(status, peer);
  const bytes = readBytes(message.subarray(HEADER), early);
  if (bytes.u16LE() !== 65) return broken('an answer of another structure');
  const [mode, dialect, contexts] = [bytes.u16LE(), bytes.u16LE(), bytes.u16LE()];
  if (!DIALECTS.includes(dialect))
    return broken(`the dialect 0x${dialect.toString(16)}, which was not offered`);
  const guid = guidOf(bytes.bytes(16));
  const capabilities = bytes.u32LE();
  // the longest transaction, read and write
  bytes.bytes(12);
  const [time, started] = [dateOf(bytes.u64LE()), dateOf(bytes.u64LE())];
  const [at, size, offset] = [bytes.u16LE(), bytes.u16LE(), bytes.u32LE()];
  if (at + size > message.length) return early();
  return {
    dialect,
    signing: { enabled: (mode & 1) !== 0, required: (mode & 2) !== 0 },
    guid,
    capabilities,
    time,
    started,
    token: message.subarray(at, at + size),
    cipher: dialect === 0x0311 ? cipherOf(message, { offset, count: contexts }, early) : null,
  };
}

/** Source: [MS-SMB2] §2.2.4.1.2. */
function cipherOf(
  message: Buffer,
  { offset, count }: { readonly offset: number; readonly count: number },
  early: () => never,
): number | null {
  if (offset > message.length || count > MOST_CONTEXTS) return early();
  const bytes = readBytes(message.subarray(offset), early);
  for (let left = count; left > 0; left -= 1) {
    const [type, size] = [bytes.u16LE(), bytes.u16LE()];
    bytes.u32LE();
    const data = bytes.bytes(size);
    bytes.bytes(Math.min((8 - (size % 8)) % 8, bytes.left()));
    if (type !== ENCRYPTION || data.length < 4) continue;
    const cipher = data.readUInt16LE(2);
    return cipher === 0 ? null : cipher;
  }
  return null;
}

function refused(status: number, peer: string): never {
  const name = OVERLOADED[status];
  if (name !== undefined) return fail('overloaded', 'protocol', `${peer} has no room: ${name}`);
  const words =
    status === NOT_SUPPORTED ? 'it has none of the dialects of SMB 2 and 3 (STATUS_NOT_SUPPORTED)' : null;
  const hex = `0x${status.toString(16).padStart(8, '0')}`;
  return fail('status', 'protocol', `${peer} refuses to negotiate: ${words ?? `status ${hex}`}`, {
    got: hex,
  });
}

function context(type: number, data: Buffer): Buffer {
  const padding = Buffer.alloc((8 - (data.length % 8)) % 8);
  return Buffer.concat([u16LE(type), u16LE(data.length), u32LE(0), data, padding]);
}

/** The first three parts are little-endian. Source: [MS-DTYP] §2.3.4.2. */
function guidOf(bytes: Buffer): string {
  const part = (from: number, to: number, swapped: boolean) => {
    const some = Buffer.from(bytes.subarray(from, to));
    return (swapped ? some.reverse() : some).toString('hex');
  };
  return [part(0, 4, true), part(4, 6, true), part(6, 8, true), part(8, 10, false), part(10, 16, false)].join(
    '-',
  );
}

/** Steps of 100 ns since 1601; 0 where it does not say. Source: [MS-DTYP] §2.3.3. */
function dateOf(steps: bigint): number | null {
  return steps === 0n ? null : Number(steps / 10_000n) - EPOCH_MS;
}
