import { randomBytes } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import { fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';

/** RFC 6455 §5.2. */
export const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A message put together, or a control frame. */
export type Incoming =
  | { readonly kind: 'text' | 'binary' | 'ping' | 'pong'; readonly data: Buffer }
  | { readonly kind: 'close'; readonly code: number; readonly reason: string };

const MOST_CONTROL = 125;

/** Sends one frame, masked as a client must (§5.3); a transcript shows it unmasked. */
export async function sendFrame(conversation: Conversation, opcode: number, data: Buffer): Promise<void> {
  const mask = randomBytes(4);
  const masked = data.map((byte, at) => byte ^ (mask[at & 3] ?? 0));
  const { length } = data;
  const size =
    length < 126
      ? [0x80 | length]
      : length < 65_536
        ? [0x80 | 126, length >> 8, length & 0xff]
        : longLength(length);
  const bytes = Buffer.concat([Buffer.from([0x80 | opcode, ...size]), mask, masked]);
  await conversation.write(bytes, opcode === OPCODES.text ? data : bytes);
}

function longLength(length: number): number[] {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(length));
  return [0x80 | 127, ...bytes];
}

/** Reads frames and puts messages together; control frames may come between the parts of one (§5.4). */
export function createFrameReader(conversation: Conversation, max: number): () => Promise<Incoming> {
  let parts: Buffer[] = [];
  let size = 0;
  let kind: 'text' | 'binary' | null = null;
  return async () => {
    for (;;) {
      const { opcode, final, data } = await readFrame(conversation, max - size);
      if (opcode >= OPCODES.close) return control(opcode, final, data);
      if (opcode === OPCODES.continuation ? kind === null : kind !== null)
        broken(kind === null ? 'a continuation of no message' : 'a message within another');
      if (opcode > OPCODES.binary) broken(`a frame of the unknown kind ${String(opcode)}`);
      kind ??= opcode === OPCODES.text ? 'text' : 'binary';
      parts.push(data);
      size += data.length;
      if (parts.length > 100_000) broken('a message of more than 100000 parts');
      if (!final) continue;
      const message: Incoming = { kind, data: Buffer.concat(parts) };
      [parts, size, kind] = [[], 0, null];
      if (message.kind === 'text' && !isUtf8(message.data)) broken('a text that is no UTF-8');
      return message;
    }
  };
}

async function readFrame(conversation: Conversation, left: number) {
  const [first = 0, second = 0] = await conversation.readExactly(2);
  if ((first & 0x70) !== 0) broken('a frame with reserved bits');
  if ((second & 0x80) !== 0) broken('a masked frame, which only a client may send');
  const opcode = first & 0x0f;
  const short = second & 0x7f;
  if (opcode >= OPCODES.close && short > MOST_CONTROL) broken('a control frame of more than 125 bytes');
  const length = await readLength(conversation, short);
  if (opcode < OPCODES.close && length > left)
    fail('too_large', 'protocol', `${conversation.peer} sends a message longer than max_message allows`);
  return { opcode, final: (first & 0x80) !== 0, data: await conversation.readExactly(length) };
}

async function readLength(conversation: Conversation, short: number): Promise<number> {
  if (short < 126) return short;
  if (short === 126) return (await conversation.readExactly(2)).readUInt16BE();
  const length = (await conversation.readExactly(8)).readBigUInt64BE();
  return length > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(length);
}

function control(opcode: number, final: boolean, data: Buffer): Incoming {
  if (!final) broken('a control frame in parts');
  if (opcode === OPCODES.ping) return { kind: 'ping', data };
  if (opcode === OPCODES.pong) return { kind: 'pong', data };
  if (opcode !== OPCODES.close) return broken(`a frame of the unknown kind ${String(opcode)}`);
  // §7.1.5: 1005 stands for a close without a code.
  if (data.length === 0) return { kind: 'close', code: 1005, reason: '' };
  if (data.length === 1) broken('a close frame with half a code');
  return { kind: 'close', code: data.readUInt16BE(), reason: data.toString('utf8', 2) };
}

function broken(what: string): never {
  return fail('protocol', 'protocol', `it breaks RFC 6455: ${what}`);
}
