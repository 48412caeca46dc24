import type { Finding, Phase } from '../../../words/reason.ts';
import { Fault } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { type ReplyForm, type StatusReply, readStatusReply, showReply } from '../../wire/status-reply.ts';

/** Source: RFC 5321 §4.2. */
export interface SmtpReply extends StatusReply {
  /** RFC 3463, `5.7.1`; null where there is none */
  readonly enhanced: string | null;
}

const FORM: ReplyForm = { protocol: 'SMTP', first: '2-5', lines: 'every' };

/** Reads one reply; throws what readStatusReply throws. `protocol` is for the message when it is none. */
export async function readReply(conversation: Conversation, protocol = 'SMTP'): Promise<SmtpReply> {
  const reply = await readStatusReply(conversation, { ...FORM, protocol });
  return { ...reply, enhanced: enhancedOf(reply) };
}

/** Sends a command and reads its reply. `shown`: the same for a transcript, where it holds a secret. */
export async function ask(conversation: Conversation, command: string, shown = command): Promise<SmtpReply> {
  await conversation.write(`${command}\r\n`, `${shown}\r\n`);
  return readReply(conversation);
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

function enhancedOf({ code, lines }: StatusReply): string | null {
  const [, enhanced] = /^([245]\.\d{1,3}\.\d{1,3})(?: |$)/.exec(lines[0] ?? '') ?? [];
  return enhanced?.startsWith(String(code).charAt(0)) === true ? enhanced : null;
}
