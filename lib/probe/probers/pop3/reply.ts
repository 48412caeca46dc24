import type { Code, Finding, Phase } from '../../../words/reason.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { Fault, fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { expectFirst, notThis } from '../../wire/opening.ts';

/** The first line of an answer. Source: RFC 1939 §3; for `+ ` RFC 5034. */
export interface PopReply {
  readonly kind: 'ok' | 'err' | 'more';
  /** the response code in upper case, `SYS/TEMP`; null without one. Source: RFC 2449 §8, RFC 3206 */
  readonly code: string | null;
  /** without the code */
  readonly text: string;
}

/** RFC 2449 §4 allows 512 bytes; servers write more. */
const MAX_LINE = 2048;
const MAX_LINES = 500;

/** The response codes that say whose fault it is. */
const MEANINGS: { readonly [code: string]: Code } = {
  AUTH: 'auth',
  'IN-USE': 'overloaded',
  'LOGIN-DELAY': 'overloaded',
  'SYS/TEMP': 'status',
  'SYS/PERM': 'status',
};

/** Reads one reply. Throws protocol when it is none (at once), too_large, and what a conversation throws. */
export async function readReply(conversation: Conversation): Promise<PopReply> {
  await expectFirst(conversation, '+-', 'POP3');
  const line = await conversation.readLine({ max: MAX_LINE });
  const [, word, rest] = /^(\+OK|-ERR|\+)(?: (.*))?$/is.exec(line) ?? [];
  if (word === undefined) return notThis(conversation, 'POP3', line.slice(0, 200));
  const [, code, text] = /^\[([^\]]{1,100})\] ?(.*)$/s.exec(rest ?? '') ?? [];
  return {
    kind: word === '+' ? 'more' : word.startsWith('+') ? 'ok' : 'err',
    code: code?.toUpperCase() ?? null,
    text: text ?? rest ?? '',
  };
}

/** Sends a command and reads its reply. `shown`: the same for a transcript, where it holds a secret. */
export async function ask(conversation: Conversation, command: string, shown = command): Promise<PopReply> {
  await conversation.write(`${command}\r\n`, `${shown}\r\n`);
  return readReply(conversation);
}

/** The lines after a reply of several, up to the dot that ends them. */
export async function readLines(conversation: Conversation): Promise<readonly string[]> {
  const lines: string[] = [];
  for (;;) {
    const line = await conversation.readLine({ max: MAX_LINE });
    if (line === '.') return lines;
    lines.push(line.startsWith('.') ? line.slice(1) : line);
    if (lines.length > MAX_LINES)
      fail(
        'too_large',
        'protocol',
        `${conversation.peer} sent a reply of more than ${String(MAX_LINES)} lines`,
      );
  }
}

/**
 * A refusal told. Without a code that says more it is `otherwise`; but many servers tell of their limits in words only.
 * `what` completes “192.0.2.7:110 …”.
 */
export function refusal(
  reply: PopReply,
  peer: string,
  what: string,
  { phase = 'protocol', otherwise = 'status' }: { readonly phase?: Phase; readonly otherwise?: Code } = {},
): Finding {
  const got = showReply(reply);
  const known = reply.code === null ? undefined : MEANINGS[reply.code];
  const limited = /too many|maximum number|already (?:locked|in use)/i.test(reply.text.slice(0, 500));
  return { code: known ?? (limited ? 'overloaded' : otherwise), phase, text: `${peer} ${what}: ${got}`, got };
}

/** Throws the refusal; a reply that is none is protocol. */
export function refuse(
  reply: PopReply,
  peer: string,
  what: string,
  about?: { readonly phase?: Phase; readonly otherwise?: Code },
): never {
  if (reply.kind === 'err') throw new Fault(refusal(reply, peer, what, about));
  const got = showReply(reply);
  return fail('protocol', about?.phase ?? 'protocol', `${peer} ${what}: ${got}`, {
    expected: '+OK or -ERR',
    got,
  });
}

/** `-ERR [SYS/TEMP] try later`, as one harmless line. */
export function showReply({ kind, code, text }: PopReply): string {
  const word = { ok: '+OK', err: '-ERR', more: '+' }[kind];
  return safeLine(`${word}${code === null ? '' : ` [${code}]`} ${text}`, 160);
}
