import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import { u16 } from '../../wire/bytes.ts';
import type { Conversation } from '../../wire/conversation.ts';

/** What is in a packet behind its number. Source: the protocol as minecraft.wiki describes it, “Java Edition protocol”. */
export interface Fields {
  /** a text with its length before it; null when it is cut short */
  text(): string | null;
  rest(): Buffer;
}

/** A status may hold an icon and a list of modifications. */
const MOST = 2 ** 20;
/** Bytes of a number of 32 bits, seven of them in each. */
const LONGEST_NUMBER = 5;
/** “Tell me yours.” */
const ANY_VERSION = -1;

export function packet(id: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat([number(id), ...parts]);
  return Buffer.concat([number(body.length), body]);
}

export function handshake(host: string, port: number, nextState: number): Buffer {
  const name = Buffer.from(host.slice(0, 255));
  return packet(0, number(ANY_VERSION), number(name.length), name, u16(port), number(nextState));
}

/** Reads one packet, which must have this number. Throws protocol as soon as it cannot be one, and what a conversation throws. */
export async function readPacket(conversation: Conversation, id: number): Promise<Fields> {
  const length = await readNumber(conversation);
  if (length === null || length < 1 || length > MOST) return notMinecraft(conversation);
  const seen = await readNumber(conversation);
  if (seen !== id) return notMinecraft(conversation);
  const body = await conversation.readExactly(length - number(seen).length);
  return {
    text() {
      const found = takeNumber(body);
      if (found === null || found.value !== body.length - found.size) return null;
      return body.subarray(found.size).toString('utf8');
    },
    rest: () => body,
  };
}

async function readNumber(conversation: Conversation): Promise<number | null> {
  const bytes: number[] = [];
  for (;;) {
    const [byte = 0] = await conversation.readExactly(1);
    bytes.push(byte);
    if (byte < 0x80) return takeNumber(Buffer.from(bytes))?.value ?? null;
    if (bytes.length === LONGEST_NUMBER) return null;
  }
}

function takeNumber(bytes: Buffer): { readonly value: number; readonly size: number } | null {
  let value = 0;
  for (let size = 1; size <= Math.min(LONGEST_NUMBER, bytes.length); size += 1) {
    const byte = bytes[size - 1] ?? 0;
    value |= (byte & 0x7f) << (7 * (size - 1));
    if (byte < 0x80) return { value, size };
  }
  return null;
}

function number(value: number): Buffer {
  const bytes: number[] = [];
  let left = value >>> 0;
  for (; left >= 0x80; left >>>= 7) bytes.push((left & 0x7f) | 0x80);
  return Buffer.from([...bytes, left]);
}

function notMinecraft({ peer }: Conversation): never {
  const text = `${safeLine(peer)} does not speak the protocol of Minecraft’s Java edition`;
  return fail('protocol', 'protocol', text, { expected: 'a packet of Minecraft' });
}
