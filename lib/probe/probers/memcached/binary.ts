import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import { u16, u32, u8 } from '../../wire/bytes.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { type Dialect, MAX_ITEM, MAX_STATS, type Stats } from './dialect.ts';

/** Source: memcached wiki, BinaryProtocolRevamped and SASLAuthProtocol. */
export const OPCODES = {
  get: 0x00,
  quit: 0x07,
  version: 0x0b,
  stat: 0x10,
  sasl_list: 0x20,
  sasl_auth: 0x21,
  sasl_step: 0x22,
} as const;

export const STATUSES = {
  ok: 0x00,
  notFound: 0x01,
  refused: 0x20,
  goOn: 0x21,
  unknownCommand: 0x81,
  outOfMemory: 0x82,
  busy: 0x85,
} as const;

export interface Packet {
  readonly status: number;
  readonly key: string;
  readonly value: Buffer;
}

const REQUEST = 0x80;
const RESPONSE = 0x81;
const HEADER = 24;

/** A request without extras. `cas` is of no meaning in these, and may be anything. */
export function encodeRequest(opcode: number, key = '', value = '', cas = '\0'.repeat(8)): Buffer {
  const [name, text] = [Buffer.from(key, 'utf8'), Buffer.from(value, 'utf8')];
  const lengths = [u16(name.length), u8(0), u8(0), u16(0), u32(name.length + text.length)];
  const header = [u8(REQUEST), u8(opcode), ...lengths, u32(0), Buffer.from(cas, 'latin1')];
  return Buffer.concat([...header, name, text]);
}

/** Reads one response. Throws protocol when it is none, or answers another request; too_large beyond the limit. */
export async function readResponse(conversation: Conversation, opcode: number): Promise<Packet> {
  const header = await conversation.readExactly(HEADER);
  if (header[0] !== RESPONSE || header[1] !== opcode)
    fail('protocol', 'protocol', `${conversation.peer} sent no response of memcached’s binary protocol`, {
      got: header.subarray(0, 8).toString('hex'),
    });
  const [keyLength, extras, status] = [header.readUInt16BE(2), header.readUInt8(4), header.readUInt16BE(6)];
  const length = header.readUInt32BE(8);
  if (length > MAX_ITEM)
    fail('too_large', 'protocol', `${conversation.peer} sent a response of ${String(length)} bytes`);
  if (keyLength + extras > length)
    fail('protocol', 'protocol', `${conversation.peer} sent a response whose parts are longer than itself`);
  const body = await conversation.readExactly(length);
  return {
    status,
    key: body.subarray(extras, extras + keyLength).toString('utf8'),
    value: body.subarray(extras + keyLength),
  };
}

/** The binary protocol: the only one of a server with SASL. */
export function binaryDialect(conversation: Conversation): Dialect {
  return {
    ask: (key) =>
      conversation.write(
        Buffer.concat([
          encodeRequest(OPCODES.version),
          encodeRequest(OPCODES.stat),
          encodeRequest(OPCODES.get, key),
        ]),
      ),
    async readVersion() {
      const packet = await readResponse(conversation, OPCODES.version);
      mustBe(packet, [STATUSES.ok], conversation, 'version');
      return safeLine(packet.value.subarray(0, 400).toString('utf8'), 80);
    },
    readStats: () => readStats(conversation),
    async readLookUp() {
      const packet = await readResponse(conversation, OPCODES.get);
      mustBe(packet, [STATUSES.ok, STATUSES.notFound], conversation, 'get');
    },
    goodbye: encodeRequest(OPCODES.quit),
  };
}

async function readStats(conversation: Conversation): Promise<Stats> {
  const stats = new Map<string, string>();
  for (;;) {
    const packet = await readResponse(conversation, OPCODES.stat);
    mustBe(packet, [STATUSES.ok], conversation, 'stats');
    if (packet.key === '') return stats;
    if (stats.size >= MAX_STATS)
      return fail('too_large', 'protocol', `${conversation.peer} sent more than ${String(MAX_STATS)} stats`);
    stats.set(packet.key.slice(0, 200), packet.value.subarray(0, 4096).toString('utf8'));
  }
}

function mustBe(
  { status, value }: Packet,
  fine: readonly number[],
  { peer }: Conversation,
  command: string,
): void {
  if (fine.includes(status)) return;
  const got = `${safeLine(value.subarray(0, 200).toString('utf8'), 100)} (0x${status.toString(16)})`;
  if (status === STATUSES.refused)
    fail('auth', 'auth', `${peer} does not let this user do that (${command}: ${got})`, { got });
  const full = status === STATUSES.outOfMemory || status === STATUSES.busy;
  const text = `${peer} answered ${command} with an error: ${got}`;
  fail(full ? 'overloaded' : 'status', 'protocol', text, { got });
}
