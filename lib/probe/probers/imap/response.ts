import { fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { expectFirst, notThis } from '../../wire/opening.ts';

/** One response of a server. Source: RFC 9051 §7, RFC 3501 §7. */
export type ImapResponse =
  /** `* …`: data, or a state; `text` is without the star, and without the literals in it */
  | { readonly kind: 'untagged'; readonly text: string }
  /** `+ …`: the server waits for the rest of a command */
  | { readonly kind: 'continue'; readonly text: string }
  /** the end of the command with this tag */
  | { readonly kind: 'tagged'; readonly tag: string; readonly text: string };

/** `OK [CAPABILITY IMAP4rev1] ready`: what a response of a state says. */
export interface ImapState {
  /** in upper case */
  readonly word: 'OK' | 'NO' | 'BAD' | 'BYE' | 'PREAUTH';
  /** the response code in upper case, `AUTHENTICATIONFAILED`; null without one. Source: RFC 5530 */
  readonly code: string | null;
  /** what follows the code inside of the brackets; empty without */
  readonly rest: string;
  readonly text: string;
}

const MAX_LINE = 65_536;
/** Lines and literals of one response together. */
const MAX_RESPONSE = 2 ** 20;

/** Reads one response. Throws protocol when it is none (at once), too_large, and what a conversation throws. */
export async function readResponse(
  conversation: Conversation,
  expected: 'greeting' | 'any',
): Promise<ImapResponse> {
  await expectFirst(conversation, expected === 'greeting' ? '*' : '*+a', 'IMAP');
  const line = await readWithLiterals(conversation);
  if (line.startsWith('* ')) return { kind: 'untagged', text: line.slice(2) };
  if (line.startsWith('+')) return { kind: 'continue', text: line.slice(1).trimStart() };
  const [, tag, text] = /^(a\d{1,9}) (.*)$/s.exec(line) ?? [];
  if (tag === undefined || text === undefined) return notThis(conversation, 'IMAP', line.slice(0, 200));
  return { kind: 'tagged', tag, text };
}

/** Null when it is data. */
export function stateOf(text: string): ImapState | null {
  const [, word, rest] = /^(OK|NO|BAD|BYE|PREAUTH)(?: (.*))?$/is.exec(text) ?? [];
  if (word === undefined) return null;
  const words = rest ?? '';
  const end = words.startsWith('[') ? words.indexOf(']') : -1;
  const [code, ...more] = end === -1 ? [] : words.slice(1, end).split(' ');
  return {
    word: word.toUpperCase() as ImapState['word'],
    code: code?.toUpperCase() ?? null,
    rest: more.join(' '),
    text: words.slice(end + 1).trim(),
  };
}

/** A line may announce so many bytes, which may be anything, and goes on after them. They are left out: no fact is in them. */
async function readWithLiterals(conversation: Conversation): Promise<string> {
  let line = '';
  for (let size = 0; ;) {
    line += await conversation.readLine({ max: MAX_LINE });
    const [announced, digits] = /~?\{(\d{1,12})\+?\}$/.exec(line.slice(-16)) ?? [];
    // The words of a state may end like one, and are none.
    if (announced === undefined || !line.startsWith('* ') || stateOf(line.slice(2)) !== null) return line;
    size += Number(digits) + line.length;
    if (size > MAX_RESPONSE)
      fail(
        'too_large',
        'protocol',
        `${conversation.peer} sent a response of more than ${String(MAX_RESPONSE)} bytes`,
      );
    await conversation.readExactly(Number(digits));
    line = `${line.slice(0, -announced.length)}""`;
  }
}
