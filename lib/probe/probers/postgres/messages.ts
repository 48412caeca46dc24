import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import { i32 } from '../../wire/bytes.ts';
import type { Conversation } from '../../wire/conversation.ts';

/** One message of the server. Source: postgresql.org, “Frontend/Backend Protocol”, 55.7. */
export interface Message {
  /** one letter */
  readonly type: string;
  readonly body: Buffer;
}

/** Larger than any answer that is asked for here. */
const MAX_BODY = 2 ** 20;

/**
 * Reads one message whose type is among `types`. Throws: protocol when it is none (at once, from its first byte),
 * too_large beyond a megabyte, and what a conversation throws.
 */
export async function readMessage(conversation: Conversation, types: string): Promise<Message> {
  const { peer } = conversation;
  const type = (await conversation.readExactly(1)).toString('latin1');
  if (!types.includes(type)) return notPostgres(conversation, type);
  const length = (await conversation.readExactly(4)).readInt32BE() - 4;
  if (length < 0) fail('protocol', 'protocol', `${peer} sent a message "${type}" without a length`);
  if (length > MAX_BODY)
    fail(
      'too_large',
      'protocol',
      `${peer} sent a message of ${String(length)} bytes, more than puptime reads`,
    );
  return { type, body: await conversation.readExactly(length) };
}

/** A message of ours; the type is empty for the first ones of a connection. */
export function message(type: string, ...body: readonly Buffer[]): Buffer {
  const length = body.reduce((sum, part) => sum + part.length, 4);
  return Buffer.concat([Buffer.from(type, 'latin1'), i32(length), ...body]);
}

/** A text with its end. */
export function zeroTerminated(text: string): Buffer {
  return Buffer.concat([Buffer.from(text, 'utf8'), Buffer.alloc(1)]);
}

/** What somebody said who is no PostgreSQL server, from its first byte on. */
export async function notPostgres(conversation: Conversation, start: string): Promise<never> {
  const more = conversation.buffered() > 0 ? await conversation.read() : null;
  const got = safeLine(start + (more?.subarray(0, 200).toString('latin1') ?? ''), 60);
  return fail('protocol', 'protocol', `${conversation.peer} does not speak PostgreSQL: it said "${got}"`, {
    expected: 'a message of PostgreSQL',
    got,
  });
}
