import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import { type Bytes, readBytes, u16, u32, u8 } from '../../wire/bytes.ts';
import type { Conversation } from '../../wire/conversation.ts';

/** What a frame carries. Source: AMQP 0-9-1 §2.3.5, §4.2.3. */
export type Frame =
  | { readonly kind: 'method'; readonly channel: number; readonly method: MethodName; readonly bytes: Bytes }
  | { readonly kind: 'header'; readonly channel: number; readonly body_bytes: number }
  | { readonly kind: 'body'; readonly channel: number; readonly body: Buffer };

/** The methods that are spoken, by class and number. */
const METHODS = {
  'connection.start': [10, 10],
  'connection.start-ok': [10, 11],
  'connection.secure': [10, 20],
  'connection.tune': [10, 30],
  'connection.tune-ok': [10, 31],
  'connection.open': [10, 40],
  'connection.open-ok': [10, 41],
  'connection.close': [10, 50],
  'connection.close-ok': [10, 51],
  'connection.blocked': [10, 60],
  'connection.unblocked': [10, 61],
  'channel.open': [20, 10],
  'channel.open-ok': [20, 11],
  'channel.close': [20, 40],
  'channel.close-ok': [20, 41],
  'exchange.declare': [40, 10],
  'exchange.declare-ok': [40, 11],
  'queue.declare': [50, 10],
  'queue.declare-ok': [50, 11],
  'basic.consume': [60, 20],
  'basic.consume-ok': [60, 21],
  'basic.publish': [60, 40],
  'basic.return': [60, 50],
  'basic.deliver': [60, 60],
} as const;

export type MethodName = keyof typeof METHODS;

const [METHOD, HEADER, BODY, HEARTBEAT, END] = [1, 2, 3, 8, 0xce] as const;
const BASIC = 60;

/** The largest frame that we agree to, its eight bytes around the payload included. */
export const MAX_FRAME = 131_072;

/** What a client says first. */
export const PROTOCOL_HEADER = Buffer.from('AMQP\0\0\x09\x01', 'latin1');

export function encodeMethod(channel: number, method: MethodName, ...fields: readonly Buffer[]): Buffer {
  const [classId, methodId] = METHODS[method];
  return encodeFrame(METHOD, channel, Buffer.concat([u16(classId), u16(methodId), ...fields]));
}

/** A message without properties, in the two frames that follow basic.publish (one when it is empty). */
export function encodeContent(channel: number, body: Buffer): Buffer {
  const header = Buffer.concat([u16(BASIC), u16(0), u32(0), u32(body.length), u16(0)]);
  const frames = [encodeFrame(HEADER, channel, header)];
  return Buffer.concat(body.length === 0 ? frames : [...frames, encodeFrame(BODY, channel, body)]);
}

/** Reads the next frame that is no heartbeat. Throws: protocol when it is none, too_large beyond what was agreed. */
export async function readFrame(conversation: Conversation): Promise<Frame> {
  const { peer } = conversation;
  for (;;) {
    // The type is looked at before the rest has come: another protocol is told at once.
    const [type = 0] = await conversation.readExactly(1);
    if (![METHOD, HEADER, BODY, HEARTBEAT].some((known) => known === type))
      return notAmqp(conversation, type);
    const head = await conversation.readExactly(6);
    const [channel, size] = [head.readUInt16BE(0), head.readUInt32BE(2)];
    if (size > MAX_FRAME)
      fail('too_large', 'protocol', `${peer} sent a frame of ${String(size)} bytes, more than agreed`);
    const payload = await conversation.readExactly(size);
    const [end] = await conversation.readExactly(1);
    if (end !== END) fail('protocol', 'protocol', `${peer} sent a frame without its end`);
    if (type !== HEARTBEAT) return decode(type, channel, payload, peer);
  }
}

export function broken(peer: string, what: string): never {
  return fail('protocol', 'protocol', `${peer} sent ${what} that is cut short or none`);
}

function encodeFrame(type: number, channel: number, payload: Buffer): Buffer {
  return Buffer.concat([u8(type), u16(channel), u32(payload.length), payload, u8(END)]);
}

function decode(type: number, channel: number, payload: Buffer, peer: string): Frame {
  if (type === BODY) return { kind: 'body', channel, body: payload };
  const bytes = readBytes(payload, () => broken(peer, 'a frame'));
  const classId = bytes.u16();
  const number = bytes.u16();
  // In a header the second number is the weight, which nobody uses.
  if (type === HEADER) return { kind: 'header', channel, body_bytes: Number(bytes.u64()) };
  const found = Object.entries(METHODS).find(([, [of, id]]) => of === classId && id === number);
  if (found === undefined)
    return fail(
      'protocol',
      'protocol',
      `${peer} sent the method ${String(classId)}.${String(number)}, which nothing here asked for`,
    );
  return { kind: 'method', channel, method: found[0] as MethodName, bytes }; // a key of METHODS
}

async function notAmqp(conversation: Conversation, first: number): Promise<never> {
  const { peer } = conversation;
  const rest = conversation.buffered() > 0 ? await conversation.read() : null;
  const start = Buffer.concat([u8(first), rest?.subarray(0, 200) ?? Buffer.alloc(0)]);
  const expected = 'AMQP 0-9-1';
  if (start.length >= 8 && start.subarray(0, 4).toString('latin1') === 'AMQP') {
    // §2.2.4: a server that speaks another version says which, and hangs up.
    const got = `AMQP ${[...start.subarray(5, 8)].join('.')}`;
    return fail('protocol', 'protocol', `${peer} speaks ${got}, not ${expected}`, { expected, got });
  }
  const got = safeLine(start.toString('utf8'), 60);
  return fail('protocol', 'protocol', `${peer} does not speak AMQP: it said "${got}"`, { expected, got });
}
