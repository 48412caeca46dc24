import { safeLine } from '../../words/safe-text.ts';
import { fail } from '../prober.ts';
import type { Conversation } from './conversation.ts';

/** A reply of one or more lines that begin with a code of three digits, as smtp, lmtp, ftp and nntp give it. */
export interface StatusReply {
  readonly code: number;
  /** the lines without their codes */
  readonly lines: readonly string[];
}

/** How a protocol writes its replies. */
export interface ReplyForm {
  /** its name, for messages: `SMTP` */
  readonly protocol: string;
  /** the digits that a code may begin with: `2-5` */
  readonly first: '1-5' | '2-5';
  /**
   * `every`: each line of a reply has the code, `250-`, the last one `250 ` (smtp). `ends`: only the first and the last line
   * must have it (ftp). `one`: a reply is one line (nntp).
   */
  readonly lines: 'every' | 'ends' | 'one';
}

const MAX_LINE = 2048;
const MAX_LINES = 500;

/**
 * Reads one reply. Throws: protocol when it is none (at once, from its first byte), too_large beyond the limits, and what a
 * conversation throws. Source: RFC 5321 §4.2, RFC 959 §4.2, RFC 3977 §3.2.
 */
export async function readStatusReply(conversation: Conversation, form: ReplyForm): Promise<StatusReply> {
  const first = await readReplyLine(conversation, form);
  const lines = [first.text];
  for (let { last } = first; !last && form.lines !== 'one';) {
    if (lines.length >= MAX_LINES) tooLong(conversation);
    const line =
      form.lines === 'ends'
        ? await readInnerLine(conversation, first.code)
        : await readReplyLine(conversation, form);
    if (line.code !== first.code)
      notThis(conversation, form, `a reply that begins with ${first.code} and goes on with ${line.code}`);
    lines.push(line.text);
    ({ last } = line);
  }
  return { code: Number(first.code), lines };
}

/** `550 5.7.1 go away`, as one harmless line. */
export function showReply({ code, lines }: StatusReply): string {
  return safeLine(`${String(code)} ${lines.join(' ')}`, 160);
}

interface ReplyLine {
  readonly code: string;
  readonly text: string;
  readonly last: boolean;
}

async function readReplyLine(conversation: Conversation, form: ReplyForm): Promise<ReplyLine> {
  // Looked at before the line has ended: another protocol is told at once.
  const start = await conversation.readExactly(1);
  conversation.unread(start);
  const digit = start.toString('latin1');
  if (digit < (form.first[0] ?? '') || digit > '5') {
    const heard = await conversation.read();
    return notThis(
      conversation,
      form,
      `"${safeLine((heard ?? start).subarray(0, 200).toString('utf8'), 60)}"`,
    );
  }
  const line = await conversation.readLine({ max: MAX_LINE });
  // A code may stand alone, without the blank that should follow it.
  const [, code, mark, text] = /^([1-5]\d\d)(?:([ -])(.*))?$/s.exec(line) ?? [];
  if (code === undefined) return notThis(conversation, form, `"${safeLine(line, 60)}"`);
  return { code, text: text ?? '', last: mark !== '-' };
}

/** A line inside of a reply may be anything; the code and a blank end it. */
async function readInnerLine(conversation: Conversation, code: string): Promise<ReplyLine> {
  const line = await conversation.readLine({ max: MAX_LINE });
  const last = line === code || line.startsWith(`${code} `);
  return { code, text: last || line.startsWith(`${code}-`) ? line.slice(4) : line, last };
}

function notThis(conversation: Conversation, { protocol }: ReplyForm, got: string): never {
  const text = `${conversation.peer} does not speak ${protocol}: it sent ${got}`;
  return fail('protocol', 'protocol', text, { expected: `a reply of ${protocol}`, got });
}

function tooLong({ peer }: Conversation): never {
  return fail('too_large', 'protocol', `${peer} sent a reply of more than ${String(MAX_LINES)} lines`);
}
