import type { Code, Phase } from '../../../words/reason.ts';
import { type ProbeContext, fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { type ReplyForm, type StatusReply, readStatusReply, showReply } from '../../wire/status-reply.ts';
import type { NNTP_FACTS } from './nntp-facts.ts';

export interface Session {
  readonly conversation: Conversation;
  readonly context: ProbeContext<typeof NNTP_FACTS>;
}

/** Source: RFC 3977 §3.2. */
const FORM: ReplyForm = { protocol: 'NNTP', first: '1-5', lines: 'one' };

export async function readReply({ conversation }: Session): Promise<StatusReply> {
  return readStatusReply(conversation, FORM);
}

/** Sends a command and reads its reply; 400 ends the probe. `shown`: the same for a transcript, where it holds a secret. */
export async function ask(session: Session, command: string, shown = command): Promise<StatusReply> {
  await session.conversation.write(`${command}\r\n`, `${shown}\r\n`);
  const reply = await readReply(session);
  if (reply.code === 400) refuse(session, reply, `ends the session (${shown.slice(0, 40)})`);
  return reply;
}

/** Ends the probe for a reply that refuses. `what` completes “192.0.2.7:119 …”. */
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
  return fail(code ?? codeOf(reply), phase, `${conversation.peer} ${what}: ${got}`, { got });
}

/** 400 is any trouble that passes: only its words say which. */
function codeOf({ code, lines }: StatusReply): Code {
  if (code === 480 || code === 483) return 'auth';
  return code === 400 && /too many|load|busy|connections|space/i.test(lines.join(' ').slice(0, 400))
    ? 'overloaded'
    : 'status';
}
