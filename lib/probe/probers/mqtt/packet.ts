import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import { type Bytes, readBytes, u16, u8 } from '../../wire/bytes.ts';
import type { Conversation } from '../../wire/conversation.ts';

/** Types of packets. Source: MQTT 5.0 §2.1.2, MQTT 3.1.1 §2.2.1. */
export const PACKET = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  subscribe: 8,
  suback: 9,
  pingreq: 12,
  pingresp: 13,
  disconnect: 14,
} as const;

export interface Packet {
  readonly type: number;
  /** the lower four bits of the first byte */
  readonly flags: number;
  readonly body: Buffer;
}

/** Of a whole packet: a message that is read may be as large. */
const MAX_PACKET = 2 ** 20;
/** Packets that a server may send; AUTH, 15, only to one who began with it. */
const FROM_SERVER: readonly number[] = [2, 3, 4, 5, 6, 7, 9, 11, 13, 14];

export function encodePacket(type: number, body: Buffer, flags = 0): Buffer {
  return Buffer.concat([u8((type << 4) | flags), encodeLength(body.length), body]);
}

/** A string with its length before it; more than 65535 bytes cannot be said. */
export function encodeText(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  return Buffer.concat([u16(bytes.length), bytes]);
}

/** Reads one packet. Throws: protocol when it is none that a server may send, too_large beyond the limit. */
export async function readPacket(conversation: Conversation): Promise<Packet> {
  // The type is looked at before the rest has come: another protocol is told at once.
  const first = (await conversation.readExactly(1))[0] ?? 0;
  const [type, flags] = [first >> 4, first & 0x0f];
  const expectedFlags = type === PACKET.publish ? flags : type === 6 ? 2 : 0;
  if (!FROM_SERVER.includes(type) || flags !== expectedFlags) return notMqtt(conversation, first);
  const length = await readLength(conversation, first);
  if (length > MAX_PACKET)
    fail(
      'too_large',
      'protocol',
      `${conversation.peer} sent a packet of ${String(length)} bytes, more than puptime reads`,
    );
  return { type, flags, body: await conversation.readExactly(length) };
}

/** The peer has said something that no MQTT server says; `first` is the byte with which it began. */
export async function notMqtt(conversation: Conversation, first: number): Promise<never> {
  const more = conversation.buffered() > 0 ? await conversation.read() : null;
  const start = Buffer.concat([u8(first), more?.subarray(0, 200) ?? Buffer.alloc(0)]);
  const got = safeLine(start.toString('utf8'), 60);
  const text = `${conversation.peer} does not speak MQTT: it said "${got}"`;
  return fail('protocol', 'protocol', text, { expected: 'an MQTT packet', got });
}

/** Reads the body of a packet; what is missing in it makes it none. */
export function readBody({ body }: Packet, peer: string, name: string): Bytes {
  return readBytes(body, () =>
    fail('protocol', 'protocol', `${peer} sent a ${name} packet that is cut short`),
  );
}

/** Seven bits a byte, least significant first, four bytes at most. Source: MQTT 5.0 §1.5.5. */
function encodeLength(length: number): Buffer {
  const low = length % 128;
  return length < 128 ? u8(length) : Buffer.concat([u8(low | 0x80), encodeLength((length - low) / 128)]);
}

async function readLength(conversation: Conversation, first: number): Promise<number> {
  let length = 0;
  for (let shift = 0; shift <= 21; shift += 7) {
    const byte = (await conversation.readExactly(1))[0] ?? 0;
    length += (byte & 0x7f) << shift;
    if (byte < 0x80) return length;
  }
  return notMqtt(conversation, first);
}
