import { randomBytes } from 'node:crypto';
import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import { u16, u8 } from '../../wire/bytes.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { encodeContent, encodeMethod } from './frame.ts';
import { expectMethod, nextFrame, openChannel, unexpected } from './session.ts';
import { encodeShort, encodeTable, shortText } from './table.ts';

export interface QueueCounts {
  readonly messages: number;
  readonly consumers: number;
}

const [PASSIVE, EXCLUSIVE, AUTO_DELETE] = [1, 4, 8] as const;
const [NO_ACK, MANDATORY] = [2, 1] as const;
const TICKET = u16(0);
const NO_ARGUMENTS = encodeTable({});
/** Queues and exchanges are asked about on this channel, alarms on the other. */
const [ASKING, PUBLISHING] = [1, 2] as const;

/** Asks for a queue that must be there; makes none. */
export async function lookAtQueue(conversation: Conversation, queue: string): Promise<QueueCounts> {
  await conversation.write(
    encodeMethod(ASKING, 'queue.declare', TICKET, encodeShort(queue), u8(PASSIVE), NO_ARGUMENTS),
  );
  const what = `refuses the queue "${safeLine(queue, 80)}"`;
  const { bytes } = await expectMethod(conversation, 'queue.declare-ok', what);
  shortText(bytes);
  return { messages: bytes.u32(), consumers: bytes.u32() };
}

/** Asks for an exchange that must be there, of whatever type; makes none. */
export async function lookAtExchange(conversation: Conversation, exchange: string): Promise<void> {
  const name = encodeShort(exchange);
  await conversation.write(
    encodeMethod(ASKING, 'exchange.declare', TICKET, name, encodeShort('direct'), u8(PASSIVE), NO_ARGUMENTS),
  );
  await expectMethod(conversation, 'exchange.declare-ok', `refuses the exchange "${safeLine(exchange, 80)}"`);
}

export async function openForAsking(conversation: Conversation): Promise<void> {
  await openChannel(conversation, ASKING);
}

/**
 * Whether the broker takes no messages because of an alarm, and its word for why; null: it takes them. It tells only
 * those who publish, so an empty message goes where no queue can be: to the default exchange, by a random key.
 * A broker that is blocked answers nothing any more on this connection.
 */
export async function readAlarm(conversation: Conversation): Promise<string | null> {
  await openChannel(conversation, PUBLISHING);
  const nowhere = `puptime.${randomBytes(12).toString('hex')}`;
  await conversation.write(
    Buffer.concat([
      encodeMethod(PUBLISHING, 'basic.publish', TICKET, encodeShort(''), encodeShort(nowhere), u8(0)),
      encodeContent(PUBLISHING, Buffer.alloc(0)),
      encodeMethod(PUBLISHING, 'channel.close', u16(200), encodeShort(''), u16(0), u16(0)),
    ]),
  );
  for (;;) {
    const frame = await nextFrame(conversation, 'ends the connection', PUBLISHING);
    if (frame.kind !== 'method') return unexpected(frame, conversation, 'channel.close-ok');
    if (frame.method === 'channel.close-ok') return null;
    if (frame.method === 'connection.blocked') return shortText(frame.bytes);
    if (frame.method === 'channel.close')
      // The user may not publish there, which is no matter of ours.
      await conversation.write(encodeMethod(PUBLISHING, 'channel.close-ok'));
    else if (frame.method !== 'connection.unblocked') unexpected(frame, conversation, 'channel.close-ok');
  }
}

/** Sends a message through a queue of our own, which is gone with the connection. Gives nothing: the caller measures. */
export async function roundTrip(conversation: Conversation): Promise<void> {
  const flags = u8(EXCLUSIVE | AUTO_DELETE);
  await conversation.write(
    encodeMethod(ASKING, 'queue.declare', TICKET, encodeShort(''), flags, NO_ARGUMENTS),
  );
  const declared = await expectMethod(conversation, 'queue.declare-ok', 'refuses a queue of our own');
  const queue = encodeShort(shortText(declared.bytes));
  await conversation.write(
    encodeMethod(ASKING, 'basic.consume', TICKET, queue, encodeShort('puptime'), u8(NO_ACK), NO_ARGUMENTS),
  );
  await expectMethod(conversation, 'basic.consume-ok', 'refuses to be read from');
  const message = Buffer.from(`puptime ${randomBytes(12).toString('hex')}`);
  await conversation.write(
    Buffer.concat([
      encodeMethod(ASKING, 'basic.publish', TICKET, encodeShort(''), queue, u8(MANDATORY)),
      encodeContent(ASKING, message),
    ]),
  );
  await expectMethod(conversation, 'basic.deliver', 'refuses the message');
  const got = await readContent(conversation, message.length);
  if (!got.equals(message))
    fail('protocol', 'protocol', `${conversation.peer} sent back another message than was sent`);
}

/** The header and the body of a message that is so long. */
async function readContent(conversation: Conversation, length: number): Promise<Buffer> {
  const what = 'ends the delivery';
  const header = await nextFrame(conversation, what);
  if (header.kind !== 'header' || header.body_bytes !== length)
    return unexpected(header, conversation, `a message of ${String(length)} bytes`);
  let body = Buffer.alloc(0);
  while (body.length < length) {
    const frame = await nextFrame(conversation, what);
    if (frame.kind !== 'body') return unexpected(frame, conversation, 'the body of a message');
    body = Buffer.concat([body, frame.body]);
  }
  return body;
}
