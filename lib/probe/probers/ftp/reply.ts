import type { Code, Phase } from '../../../words/reason.ts';
import { type ProbeContext, fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { type ReplyForm, type StatusReply, readStatusReply, showReply } from '../../wire/status-reply.ts';
import type { FTP_FACTS } from './ftp-facts.ts';

/** The control connection and what is known of it. */
export interface Session {
  readonly conversation: Conversation;
  readonly context: ProbeContext<typeof FTP_FACTS>;
}

/** Source: RFC 959 §4.2. */
const FORM: ReplyForm = { protocol: 'FTP', first: '1-5', lines: 'ends' };

export async function readReply({ conversation }: Session): Promise<StatusReply> {
  return readStatusReply(conversation, FORM);
}

/**
 * Sends a command and reads its reply. `shown`: the same for a transcript, where it holds a secret. Throws overloaded on 421,
 * which any command may be answered with.
 */
export async function ask(session: Session, command: string, shown = command): Promise<StatusReply> {
  await session.conversation.write(`${command}\r\n`, `${shown}\r\n`);
  const reply = await readReply(session);
  if (reply.code === 421) refuse(session, reply, `ends the session (${verbOf(shown)})`);
  return reply;
}

/** Ends the probe for a reply that refuses. `what` completes “192.0.2.7:21 …”. */
export function refuse(
  { conversation, context }: Session,
  reply: StatusReply,
  what: string,
  { code, phase = 'protocol' }: { readonly code?: Code; readonly phase?: Phase } = {},
): never {
  const got = showReply(reply);
  if (reply.code < 400)
    return fail(
      'protocol',
      phase,
      `${conversation.peer} ${what}, and with a reply that does not fit: ${got}`,
      {
        got,
      },
    );
  context.see({ code: reply.code });
  const full = isFull(reply);
  return fail(full ? 'overloaded' : (code ?? 'status'), phase, `${conversation.peer} ${what}: ${got}`, {
    got,
  });
}

/** A command that the server does not know or does not do. Source: RFC 959 §4.2.2. */
export function isUnknown({ code }: StatusReply): boolean {
  return code === 500 || code === 501 || code === 502 || code === 504 || code === 202;
}

/** 421 and 452 by definition; ProFTPD and others refuse the login with 530 when there are too many users. */
function isFull({ code, lines }: StatusReply): boolean {
  if (code === 421 || code === 452 || code === 552) return true;
  return code === 530 && /too many|maximum number/i.test(lines.join(' ').slice(0, 500));
}

function verbOf(command: string): string {
  return command.split(' ', 1)[0] ?? '';
}
