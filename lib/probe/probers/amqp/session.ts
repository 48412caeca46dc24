import { safeLine } from '../../../words/safe-text.ts';
import { Fault, fail } from '../../prober.ts';
import { readBytes, u16, u32, u8 } from '../../wire/bytes.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { withPatience } from '../../wire/patience.ts';
import { findingOf, readClose } from './close.ts';
import {
  type Frame,
  MAX_FRAME,
  type MethodName,
  PROTOCOL_HEADER,
  broken,
  encodeMethod,
  readFrame,
} from './frame.ts';
import { type Table, encodeShort, encodeTable, longText, readTable } from './table.ts';

/** What a server says of itself before the login. */
export interface Start {
  readonly properties: Table;
  readonly mechanisms: readonly string[];
  /** names of what it can do beyond the specification: `connection.blocked` */
  readonly capabilities: ReadonlySet<string>;
}

export interface Login {
  readonly mechanism: 'PLAIN' | 'AMQPLAIN' | 'EXTERNAL' | 'ANONYMOUS';
  readonly username: string;
  readonly password: string;
}

export type Method = Extract<Frame, { readonly kind: 'method' }>;

/** How long a broker may take to say goodbye. */
const PATIENCE_MS = 500;
/** We ask for so few. */
const MOST_CHANNELS = 8;

/** Asks for AMQP 0-9-1, and reads what the server is. */
export async function greet(conversation: Conversation): Promise<Start> {
  await conversation.write(PROTOCOL_HEADER);
  const { bytes } = await expectMethod(conversation, 'connection.start', 'turns us away');
  const none = () => broken(conversation.peer, 'a connection.start');
  bytes.u16();
  const properties = readTable(bytes, none);
  const mechanisms = longText(bytes).split(' ').slice(0, 20);
  return { properties, mechanisms, capabilities: capabilitiesOf(properties, none) };
}

/** Logs in, and opens the virtual host. `heartbeat_s`: after how long a silence the server may take us for dead. */
export async function open(
  conversation: Conversation,
  login: Login,
  vhost: string,
  heartbeat_s: number,
): Promise<void> {
  const startOk = (response: Buffer) =>
    encodeMethod(
      0,
      'connection.start-ok',
      encodeTable(CLIENT),
      encodeShort(login.mechanism),
      u32(response.length),
      response,
      encodeShort('en_US'),
    );
  await conversation.write(startOk(responseOf(login)), startOk(Buffer.from('***')));
  const { bytes } = await expectMethod(conversation, 'connection.tune', 'refuses the login');
  const channels = bytes.u16() || MOST_CHANNELS;
  const frame = bytes.u32() || MAX_FRAME;
  const heartbeat = bytes.u16() || heartbeat_s;
  const tuned = [
    u16(Math.min(channels, MOST_CHANNELS)),
    u32(Math.min(frame, MAX_FRAME)),
    u16(Math.min(heartbeat, heartbeat_s)),
  ];
  await conversation.write(
    Buffer.concat([
      encodeMethod(0, 'connection.tune-ok', ...tuned),
      encodeMethod(0, 'connection.open', encodeShort(vhost), encodeShort(''), u8(0)),
    ]),
  );
  await expectMethod(conversation, 'connection.open-ok', `refuses the virtual host "${safeLine(vhost, 80)}"`);
}

/**
 * Takes leave, and waits a moment for the answer: a broker writes a warning into its log for each connection that ends
 * without. What it answers is not worth a verdict.
 */
export async function leave(conversation: Conversation): Promise<void> {
  const because = [u16(200), encodeShort('goodbye'), u16(0), u16(0)];
  await conversation.write(encodeMethod(0, 'connection.close', ...because));
  try {
    await withPatience(awaitGoodbye(conversation), PATIENCE_MS);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
  }
  conversation.end();
}

async function awaitGoodbye(conversation: Conversation): Promise<void> {
  for (;;) {
    const frame = await readFrame(conversation);
    if (frame.kind === 'method' && frame.method === 'connection.close-ok') return;
  }
}

export async function openChannel(conversation: Conversation, channel: number): Promise<void> {
  await conversation.write(encodeMethod(channel, 'channel.open', encodeShort('')));
  await expectMethod(conversation, 'channel.open-ok', 'refuses a channel');
}

/** The next method, which must be this one. When the server closes instead, `what` says what it refuses. */
export async function expectMethod(
  conversation: Conversation,
  expected: MethodName,
  what: string,
): Promise<Method> {
  for (;;) {
    const frame = await nextFrame(conversation, what);
    if (frame.kind === 'method' && frame.method === expected) return frame;
    if (frame.kind !== 'method' || !NOTICES.includes(frame.method)) unexpected(frame, conversation, expected);
  }
}

/**
 * The next frame; a server that closes the connection or a channel is a fault, but for the channel `mayClose`.
 * `what` says what it refuses by that.
 */
export async function nextFrame(
  conversation: Conversation,
  what: string,
  mayClose: number | null = null,
): Promise<Frame> {
  const frame = await readFrame(conversation);
  if (frame.kind !== 'method') return frame;
  const { method, bytes, channel } = frame;
  if (method !== 'connection.close' && method !== 'channel.close') return frame;
  if (method === 'channel.close' && channel === mayClose) return frame;
  const finding = findingOf(readClose(bytes), conversation.peer, what);
  const ok = method === 'connection.close' ? 'connection.close-ok' : 'channel.close-ok';
  await conversation.write(encodeMethod(channel, ok));
  throw new Fault(finding);
}

export function unexpected(frame: Frame, { peer }: Conversation, expected: string): never {
  const got = frame.kind === 'method' ? frame.method : `a ${frame.kind} frame`;
  return fail('protocol', 'protocol', `${peer} sent ${got}, expected ${expected}`, { expected, got });
}

/** What a server may say at any time. */
const NOTICES: readonly MethodName[] = ['connection.blocked', 'connection.unblocked'];

const CLIENT = {
  product: 'puptime',
  // Without them a refused login is a connection that is hung up, and alarms are not told.
  capabilities: { 'connection.blocked': true, authentication_failure_close: true },
};

function capabilitiesOf(properties: Table, none: () => never): ReadonlySet<string> {
  const nested = properties.get('capabilities');
  if (!Buffer.isBuffer(nested)) return new Set();
  const entries = readTable(readBytes(nested, none), none);
  return new Set([...entries].filter(([, value]) => value === true).map(([name]) => name));
}

function responseOf({ mechanism, username, password }: Login): Buffer {
  switch (mechanism) {
    case 'PLAIN':
      return Buffer.from(`\0${username}\0${password}`, 'utf8');
    case 'AMQPLAIN':
      // A table without its length: RabbitMQ’s documentation, “Access Control”.
      return encodeTable({ LOGIN: username, PASSWORD: password }).subarray(4);
    case 'EXTERNAL':
    case 'ANONYMOUS':
      return Buffer.alloc(0);
  }
}
