import type { FactsOf } from '../../../words/fact.ts';
import { safeText } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { showReply } from '../../wire/status-reply.ts';
import { type SmtpReply, ask, isOverload, refuse } from './reply.ts';
import type { SMTP_FACTS } from './smtp-facts.ts';
import type { SmtpPlan } from './smtp-options.ts';

type See = (facts: FactsOf<typeof SMTP_FACTS>) => void;

/** Offers an envelope and takes it back: no message is sent. Source: RFC 5321 §3.3. */
export async function offerEnvelope(
  conversation: Conversation,
  { from, to }: NonNullable<SmtpPlan['envelope']>,
  see: See,
): Promise<void> {
  const mail = await ask(conversation, `MAIL FROM:<${from}>`);
  const sender = judge(mail, conversation, 'MAIL FROM', see);
  see({ sender });
  if (to === null || sender !== 'accepted') {
    if (to !== null) see({ recipient: sender, recipient_reply: safeText(showReply(mail)) });
  } else {
    const rcpt = await ask(conversation, `RCPT TO:<${to}>`);
    see({ recipient: judge(rcpt, conversation, 'RCPT TO', see), recipient_reply: showReply(rcpt) });
  }
  if (sender === 'accepted') await ask(conversation, 'RSET');
}

function judge(reply: SmtpReply, { peer }: Conversation, command: string, see: See): string {
  if (reply.code >= 300 && reply.code < 400)
    fail('protocol', 'protocol', `${peer} answers ${command} with ${showReply(reply)}`);
  if (reply.code < 300) return 'accepted';
  see({ code: reply.code });
  // About the server, not about this address.
  if (isOverload(reply)) refuse(reply, peer, `takes no mail (${command})`);
  return reply.code < 500 ? 'deferred' : 'refused';
}
