import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import { type Bytes, i32, readBytes, u16, u8 } from '../../wire/bytes.ts';
import type { Conversation } from '../../wire/conversation.ts';

/** Opcodes of the native protocol, version 4, §2.4. */
export const OPCODE = {
  error: 0x00,
  startup: 0x01,
  ready: 0x02,
  authenticate: 0x03,
  options: 0x05,
  supported: 0x06,
  query: 0x07,
  result: 0x08,
  event: 0x0c,
  authChallenge: 0x0e,
  authResponse: 0x0f,
  authSuccess: 0x10,
} as const;

const VERSION = 4;
const HEAD = 9;
const LONGEST = 8 * 2 ** 20;
const MOST_WARNINGS = 1000;

/** A message of the server, whatever came along with it (tracing, warnings) taken off. */
export interface Frame {
  readonly opcode: number;
  readonly body: Bytes;
}

/** Sends a request and reads the answer to it. `shown`: the body for a transcript, where it holds a secret. */
export async function ask(
  conversation: Conversation,
  opcode: number,
  body: Buffer = Buffer.alloc(0),
  shown: Buffer = body,
): Promise<Frame> {
  await conversation.write(frame(opcode, body), frame(opcode, shown));
  return readFrame(conversation);
}

/** [string] */
export function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  return Buffer.concat([u16(bytes.length), bytes]);
}

/** [bytes] and [long string] have the same form. */
export function bytes(value: Buffer): Buffer {
  return Buffer.concat([i32(value.length), value]);
}

/** A [string] that was read. */
export function readText(body: Bytes): string {
  return body.text(body.u16());
}

/** A [string list] that was read. */
export function readTexts(body: Bytes): string[] {
  return Array.from({ length: body.u16() }, () => readText(body));
}

function frame(opcode: number, body: Buffer): Buffer {
  return Buffer.concat([u8(VERSION), u8(0), u16(0), u8(opcode), i32(body.length), body]);
}

async function readFrame(conversation: Conversation): Promise<Frame> {
  const { peer } = conversation;
  const broken = () => fail('protocol', 'protocol', `${peer} sent a Cassandra answer that is malformed`);
  // One byte tells: another protocol is not waited for.
  const start = await conversation.readExactly(1);
  const version = start.readUInt8();
  if (version < 0x81 || version > 0x8f) return notCassandra(conversation, start);
  const head = readBytes(await conversation.readExactly(HEAD - 1), broken);
  const flags = head.u8();
  head.u16();
  const opcode = head.u8();
  const length = head.i32();
  if (length < 0 || length > LONGEST || opcode > OPCODE.authSuccess) return notCassandra(conversation, start);
  const body = readBytes(await conversation.readExactly(length), broken);
  const [COMPRESSED, TRACED, PAYLOAD, WARNED] = [1, 2, 4, 8];
  const has = (flag: number | undefined) => (flags & (flag ?? 0)) !== 0;
  if (has(COMPRESSED)) broken();
  if (has(TRACED)) body.bytes(16);
  if (has(WARNED)) for (let left = Math.min(body.u16(), MOST_WARNINGS); left > 0; left -= 1) readText(body);
  if (has(PAYLOAD))
    for (let left = body.u16(); left > 0; left -= 1) {
      readText(body);
      body.bytes(Math.max(0, body.i32()));
    }
  return opcode === OPCODE.event ? readFrame(conversation) : { opcode, body };
}

async function notCassandra(conversation: Conversation, start: Buffer): Promise<never> {
  const more = conversation.buffered() > 0 ? await conversation.read() : null;
  const got = safeLine(
    Buffer.concat([start, more?.subarray(0, 200) ?? Buffer.alloc(0)]).toString('utf8'),
    60,
  );
  const said = `${conversation.peer} does not speak Cassandra’s native protocol: it said "${got}"`;
  return fail('protocol', 'protocol', said, { expected: 'a frame of its version 4', got });
}
