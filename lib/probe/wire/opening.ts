import { safeLine } from '../../words/safe-text.ts';
import { fail } from '../prober.ts';
import type { Conversation } from './conversation.ts';

/**
 * Looks at the next byte, which stays unread: what another protocol says is told at once, before a line of it has ended.
 * `first` holds the characters that may come. Throws protocol, with what came, and what a conversation throws.
 */
export async function expectFirst(
  conversation: Conversation,
  first: string,
  protocol: string,
): Promise<void> {
  const start = await conversation.readExactly(1);
  conversation.unread(start);
  if (!first.includes(start.toString('latin1'))) await notThis(conversation, protocol);
}

/** Throws protocol, with what came: `heard`, or else what is unread. */
export async function notThis(conversation: Conversation, protocol: string, heard?: string): Promise<never> {
  const unread = heard ?? (await conversation.read())?.subarray(0, 200).toString('utf8') ?? '';
  const got = safeLine(unread, 60);
  const text = `${conversation.peer} does not speak ${protocol}: it sent "${got}"`;
  return fail('protocol', 'protocol', text, { expected: `an answer of ${protocol}`, got });
}
