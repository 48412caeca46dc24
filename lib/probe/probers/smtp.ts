import type { Code } from '../../words/reason.ts';
import { safeText } from '../../words/safe-text.ts';
import { Fault, InvalidOptions, type ProbeContext, type Prober, fail } from '../prober.ts';
import type { Conversation } from '../wire/conversation.ts';
import { offerEnvelope } from './smtp/envelope.ts';
import { type Capabilities, capabilityFacts, sayHello } from './smtp/hello.ts';
import { login } from './smtp/login.ts';
import { showReply } from '../wire/status-reply.ts';
import { ask, readReply, refuse } from './smtp/reply.ts';
import { SMTP_FACTS, smtpDefaults } from './smtp/smtp-facts.ts';
import { SMTP_OPTIONS, type SmtpOptions, type SmtpPlan, planSmtp } from './smtp/smtp-options.ts';

const PORT = 25;
/** After these the server still listens. */
const REFUSALS: readonly Code[] = ['status', 'overloaded', 'auth'];

type Context = ProbeContext<typeof SMTP_FACTS>;

export const smtp: Prober<SmtpOptions, typeof SMTP_FACTS> = {
  type: 'smtp',
  proves:
    'It greets with 220 and accepts EHLO; where it offers STARTTLS, TLS works and its certificate is good; with a login in the target, it takes that (PLAIN, LOGIN or CRAM-MD5); with mail_from or rcpt_to, it accepts that address, or refuses it where it should. No message is sent.',
  schemes: [{ scheme: 'smtp', port: PORT, shape: 'host' }],
  example: 'smtp://mail.example.org',
  options: SMTP_OPTIONS,
  facts: SMTP_FACTS,
  defaults: (options) => smtpDefaults(options),
  prepare({ target, options }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected smtp://HOST');
    const plan = planSmtp(target, options);
    return {
      endpoint: { host: target.host, port: target.port ?? PORT },
      async run(context) {
        const conversation = await context.dial();
        try {
          await talk(conversation, context, plan);
        } catch (error) {
          if (error instanceof Fault && REFUSALS.includes(error.finding.code)) await quit(conversation);
          throw error;
        }
        await quit(conversation);
      },
    };
  },
};

async function talk(conversation: Conversation, context: Context, plan: SmtpPlan): Promise<void> {
  const mentionsSmtp = await readGreeting(conversation, context);
  context.see({ tls: false });
  const plain = await sayHello(conversation, plan.helo, mentionsSmtp, context.see);
  context.see(capabilityFacts(null, plain));
  const secured = await startTls(conversation, context, plan, plain);
  if (plan.credentials !== null) await login(conversation, (secured ?? plain).authMethods, plan.credentials);
  if (plan.envelope !== null) await offerEnvelope(conversation, plan.envelope, context.see);
}

/** Whether the greeting calls it SMTP. */
async function readGreeting(conversation: Conversation, context: Context): Promise<boolean> {
  const greeting = await readReply(conversation);
  const text = greeting.lines.join('\n');
  context.see({ greeting: safeText(text, 1024), code: greeting.code });
  if (greeting.code >= 400) refuse(greeting, conversation.peer, 'turns us away');
  if (greeting.code !== 220) {
    const got = showReply(greeting);
    fail('protocol', 'protocol', `${conversation.peer} greets with ${got}`, { expected: '220', got });
  }
  return /smtp/i.test(text.slice(0, 1024));
}

/** Null when there is no TLS and need not be. */
async function startTls(
  conversation: Conversation,
  context: Context,
  { starttls, helo }: SmtpPlan,
  plain: Capabilities,
): Promise<Capabilities | null> {
  const { peer } = conversation;
  if (starttls === 'never' || (starttls === 'auto' && !plain.starttls)) return null;
  if (!plain.starttls)
    fail('tls_handshake', 'tls', `${peer} does not offer STARTTLS, which is required here`);
  const reply = await ask(conversation, 'STARTTLS');
  if (reply.code !== 220) {
    context.see({ code: reply.code });
    fail('tls_handshake', 'tls', `${peer} offers STARTTLS, but refuses it: ${showReply(reply)}`);
  }
  await conversation.startTls();
  context.see({ tls: true });
  // RFC 3207 §4.2: what was said before is forgotten.
  const secured = await sayHello(conversation, helo, true, context.see);
  context.see(capabilityFacts(plain, secured));
  return secured;
}

/** Said but not waited for: whether a server that has done its work says goodbye is not worth a verdict. */
async function quit(conversation: Conversation): Promise<void> {
  await conversation.write('QUIT\r\n');
  conversation.end();
}
