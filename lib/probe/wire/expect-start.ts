import { safeLine } from '../../words/safe-text.ts';
import { fail } from '../prober.ts';
import type { Conversation } from './conversation.ts';

/**
 * Waits until the peer has said enough to be told from another protocol, and leaves it unread. `isStart`: whether text of at
 * most `length` bytes may be how an answer begins; asked as bytes come, so that the first wrong one is enough. Throws protocol.
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
  if (!seen.wrong) return;
  const heard = (await conversation.read()) ?? Buffer.alloc(0);
  const got = `"${safeLine(heard.subarray(0, 200).toString('utf8'), 60)}"`;
  const text = `${conversation.peer} does not speak ${protocol}: it sent ${got}`;
  fail('protocol', 'protocol', text, { expected: `an answer of ${protocol}`, got });
}

/** For `expectStart`: it must be this very text. */
export function startsAs(expected: string): (sofar: string) => boolean {
  return (sofar) => expected.startsWith(sofar);
}
