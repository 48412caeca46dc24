import { safeLine } from '../../words/safe-text.ts';
import { fail } from '../prober.ts';
import type { Conversation } from './conversation.ts';

/**
 * Looks at the next byte, which stays unread: what another protocol says is told at once, before a line of it has ended.
 * `first` holds the characters that may come. Throws protocol, with what came, and what a conversation throws.
 */
export function expectFirst(conversation: Conversation, first: string, protocol: string): Promise<void> {
  return expectStart(conversation, protocol, 1, (sofar) => first.includes(sofar));
}

/**
 * The same for more than one byte. `isStart`: whether text of at most `length` bytes may be how an answer begins; asked as
 * bytes come, so that the first wrong one is enough.
 */
export async function expectStart(
  conversation: Conversation,
  protocol: string,
  length: number,
  isStart: (sofar: string) => boolean,
): Promise<void> {
  const seen = { wrong: false };
  await conversation.readUntil((sofar) => {
    const start = sofar.subarray(0, length).toString('latin1');
    seen.wrong = !isStart(start);
    return seen.wrong || start.length === length ? 0 : null;
  }, length);
  if (seen.wrong) await notThis(conversation, protocol);
}

/** For `expectStart`: it must be this very text. */
export function startsAs(expected: string): (sofar: string) => boolean {
  return (sofar) => expected.startsWith(sofar);
}

/** Throws protocol, with what came: `heard`, or else what is unread. */
export async function notThis(conversation: Conversation, protocol: string, heard?: string): Promise<never> {
  const unread = heard ?? (await conversation.read())?.subarray(0, 200).toString('utf8') ?? '';
  const got = safeLine(unread, 60);
  const text = `${conversation.peer} does not speak ${protocol}: it sent "${got}"`;
  return fail('protocol', 'protocol', text, { expected: `an answer of ${protocol}`, got });
}
