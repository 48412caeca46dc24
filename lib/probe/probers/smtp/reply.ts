import type { Finding, Phase } from '../../../words/reason.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { Fault, fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';

/** A reply of one or more lines. Source: RFC 5321 §4.2. */
export interface SmtpReply {
  readonly code: number;
  /** the lines without their codes */
  readonly lines: readonly string[];
  /** RFC 3463, `5.7.1`; null where there is none */
  readonly enhanced: string | null;
}

const MAX_LINE = 2048;
const MAX_LINES = 500;

/** Reads one reply. Throws: protocol when it is none, too_large beyond the limits, and what a conversation throws. */
export async function readReply(conversation: Conversation): Promise<SmtpReply> {
  const lines: string[] = [];
  let code: string | null = null;
  for (;;) {
    const line = await readReplyLine(conversation);
    code ??= line.code;
    if (line.code !== code)
      notSmtp(conversation, `a reply that begins with ${code} and goes on with ${line.code}`);
    if (lines.length >= MAX_LINES)
      fail(
        'too_large',
        'protocol',
        `${conversation.peer} sent a reply of more than ${String(MAX_LINES)} lines`,
      );
    lines.push(line.text);
    if (line.last) return { code: Number(code), lines, enhanced: enhancedOf(code, lines) };
  }
}

/** Sends a command and reads its reply. `shown`: the same for a transcript, where it holds a secret. */
export async function ask(conversation: Conversation, command: string, shown = command): Promise<SmtpReply> {
  await conversation.write(`${command}\r\n`, `${shown}\r\n`);
  return readReply(conversation);
}

/** `550 5.7.1 go away`, as one harmless line. */
export function showReply({ code, lines }: SmtpReply): string {
  return safeLine(`${String(code)} ${lines.join(' ')}`, 160);
}

/**
 * A refusal told: 421 and a full store are overloaded, everything else is the service’s own failure.
 * `what` completes “192.0.2.7:25 …”.
 */
export function refusal(reply: SmtpReply, peer: string, what: string, phase: Phase = 'protocol'): Finding {
  const got = showReply(reply);
  return { code: isOverload(reply) ? 'overloaded' : 'status', phase, text: `${peer} ${what}: ${got}`, got };
}

export function refuse(reply: SmtpReply, peer: string, what: string, phase?: Phase): never {
  throw new Fault(refusal(reply, peer, what, phase));
}

/** 421: it closes, for it is shutting down or has too many connections; x.3.1: its store is full. */
export function isOverload({ code, enhanced }: SmtpReply): boolean {
  return code === 421 || enhanced === '4.3.1' || enhanced === '5.3.1';
}

interface ReplyLine {
  readonly code: string;
  readonly text: string;
  readonly last: boolean;
}

async function readReplyLine(conversation: Conversation): Promise<ReplyLine> {
  // Looked at before the line has ended: another protocol is told at once.
  const start = await conversation.readExactly(1);
  if (!/^[2-5]$/.test(start.toString('latin1'))) {
    conversation.unread(start);
    const heard = await conversation.read();
    return notSmtp(conversation, `"${safeLine((heard ?? start).subarray(0, 200).toString('utf8'), 60)}"`);
  }
  conversation.unread(start);
  const line = await conversation.readLine({ max: MAX_LINE });
  // A code may stand alone, without the blank that should follow it.
  const [, code, mark, text] = /^([2-5]\d\d)(?:([ -])(.*))?$/s.exec(line) ?? [];
  if (code === undefined) return notSmtp(conversation, `"${safeLine(line, 60)}"`);
  return { code, text: text ?? '', last: mark !== '-' };
}

function notSmtp(conversation: Conversation, got: string): never {
  const text = `${conversation.peer} does not speak SMTP: it sent ${got}`;
  return fail('protocol', 'protocol', text, { expected: 'an SMTP reply', got });
}

function enhancedOf(code: string, lines: readonly string[]): string | null {
  const [, enhanced] = /^([245]\.\d{1,3}\.\d{1,3})(?: |$)/.exec(lines[0] ?? '') ?? [];
  return enhanced?.startsWith(code.charAt(0)) === true ? enhanced : null;
}
