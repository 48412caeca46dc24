import type { Code } from '../../words/reason.ts';
import { safeText } from '../../words/safe-text.ts';
import { Fault, InvalidOptions, type ProbeContext, type Prober, fail } from '../prober.ts';
import type { Conversation } from '../wire/conversation.ts';
import type { Security } from '../wire/starttls.ts';
import { showReply } from '../wire/status-reply.ts';
import { offerEnvelope } from './smtp/envelope.ts';
import { type Capabilities, type Hello, capabilityFacts, sayHello } from './smtp/hello.ts';
import { login } from './smtp/login.ts';
import { ask, readReply, refuse } from './smtp/reply.ts';
import { SMTP_FACTS, smtpDefaults } from './smtp/smtp-facts.ts';
import { SMTP_OPTIONS, type SmtpOptions, type SmtpPlan, planSmtp } from './smtp/smtp-options.ts';

const PORTS: { readonly [scheme: string]: number } = { smtp: 25, smtps: 465, lmtp: 24 };
/** After these the server still listens. */
const REFUSALS: readonly Code[] = ['status', 'overloaded', 'auth'];

type Context = ProbeContext<typeof SMTP_FACTS>;

export const smtp: Prober<SmtpOptions, typeof SMTP_FACTS> = {
  type: 'smtp',
  proves:
    'It greets with 220 and accepts EHLO (lmtp: LHLO); where it offers STARTTLS, TLS works and its certificate is good; with a login in the target, it takes that; with mail_from or rcpt_to, it accepts that address, or refuses it where it should. No message is sent.',
  schemes: [
    { scheme: 'smtp', port: PORTS['smtp'] ?? null, shape: 'host' },
    { scheme: 'smtps', port: PORTS['smtps'] ?? null, tls: true, shape: 'host' },
    { scheme: 'lmtp', port: PORTS['lmtp'] ?? null, shape: 'host' },
  ],
  example: 'smtp://mail.example.org',
  options: SMTP_OPTIONS,
  facts: SMTP_FACTS,
  proxy: true,
  codes: {
    status:
      'it refuses the greeting, EHLO or STARTTLS, or (facts `sender` and `recipient`) the address; `code` has the number of its reply',
    overloaded: '421: it shuts down or has too many connections; 4.3.1 and 5.3.1: its queue has no room',
    auth: 'it refuses the login, or offers no mechanism that puptime knows (PLAIN, LOGIN, CRAM-MD5, SCRAM)',
    tls_handshake: 'the handshake failed, or STARTTLS is refused or, where it is required, not offered',
    protocol: 'it is no SMTP server (for lmtp: no LMTP server)',
    too_large: 'a line of more than 2,048 bytes, or a reply of more than 500 lines',
  },
  defaults: smtpDefaults,
  prepare({ target, options }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected smtp://HOST');
    const plan = planSmtp(target, options);
    return {
      endpoint: { host: target.host, port: target.port ?? PORTS[target.scheme] ?? 25 },
      async run(context) {
        const conversation = await context.dial(plan.security.tls === 'direct' ? { tls: {} } : {});
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
  const { protocol, helo, security, envelope } = plan;
  const mentionsSmtp = await readGreeting(conversation, context, protocol);
  context.see({ tls: security.tls === 'direct' });
  // FTP, too, greets with 220.
  const hello: Hello =
    protocol === 'LMTP'
      ? { command: 'LHLO', name: helo, decides: true }
      : { command: 'EHLO', name: helo, decides: !mentionsSmtp };
  const first = await sayHello(conversation, hello, context.see);
  context.see(capabilityFacts(null, first));
  const secured = await startTls(conversation, context, security, first);
  if (secured) await conversation.startTls();
  const now = secured ? await helloAgain(conversation, context, hello, first) : first;
  if (security.credentials !== null) await login(conversation, now.authMethods, security.credentials);
  if (envelope !== null) await offerEnvelope(conversation, envelope, context.see);
}

/** Whether the greeting calls it SMTP. */
async function readGreeting(
  conversation: Conversation,
  context: Context,
  protocol: SmtpPlan['protocol'],
): Promise<boolean> {
  const greeting = await readReply(conversation, protocol);
  const text = greeting.lines.join('\n');
  context.see({ greeting: safeText(text, 1024), code: greeting.code });
  if (greeting.code >= 400) refuse(greeting, conversation.peer, 'turns us away');
  if (greeting.code !== 220) {
    const got = showReply(greeting);
    fail('protocol', 'protocol', `${conversation.peer} greets with ${got}`, { expected: '220', got });
  }
  return /smtp/i.test(text.slice(0, 1024));
}

/** Whether the server is ready for the handshake; false when there is no TLS to come and need not be. */
async function startTls(
  conversation: Conversation,
  context: Context,
  { tls }: Security,
  { starttls }: Capabilities,
): Promise<boolean> {
  const { peer } = conversation;
  if (tls === 'direct' || tls === 'never' || (tls === 'auto' && !starttls)) return false;
  if (!starttls) fail('tls_handshake', 'tls', `${peer} does not offer STARTTLS, which is required here`);
  const reply = await ask(conversation, 'STARTTLS');
  if (reply.code === 220) return true;
  context.see({ code: reply.code });
  return fail('tls_handshake', 'tls', `${peer} offers STARTTLS, but refuses it: ${showReply(reply)}`);
}

/** RFC 3207 §4.2: what was said before TLS is forgotten. */
async function helloAgain(
  conversation: Conversation,
  context: Context,
  hello: Hello,
  before: Capabilities,
): Promise<Capabilities> {
  context.see({ tls: true });
  const now = await sayHello(conversation, { ...hello, decides: false }, context.see);
  context.see(capabilityFacts(before, now));
  return now;
}

/** Said but not waited for: whether a server that has done its work says goodbye is not worth a verdict. */
async function quit(conversation: Conversation): Promise<void> {
  await conversation.write('QUIT\r\n');
  conversation.end();
}
