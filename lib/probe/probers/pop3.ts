import type { FactTable } from '../../words/fact.ts';
import type { Code } from '../../words/reason.ts';
import { safeText } from '../../words/safe-text.ts';
import { Fault, InvalidOptions, type ProbeContext, type Prober, fail } from '../prober.ts';
import { TLS_FACTS, TLS_PREFER } from '../wire/certificates.ts';
import type { Conversation } from '../wire/conversation.ts';
import {
  STARTTLS_OPTIONS,
  STARTTLS_PREFER,
  type Security,
  type StartTlsOptions,
  planSecurity,
} from '../wire/starttls.ts';
import { type Capabilities, askCapabilities } from './pop3/capabilities.ts';
import { login } from './pop3/login.ts';
import { ask, readReply, refuse, showReply } from './pop3/reply.ts';

const PORTS: { readonly [scheme: string]: number } = { pop3: 110, pop3s: 995 };
/** After these the server still listens. */
const REFUSALS: readonly Code[] = ['status', 'overloaded', 'auth'];

const POP3_FACTS = {
  greeting: { kind: 'text', meaning: 'what the server says first, without +OK' },
  capabilities: {
    kind: 'list',
    meaning:
      'the lines of its answer to CAPA, `SASL PLAIN`; those before and after STLS together; empty when it knows no CAPA',
  },
  implementation: { kind: 'text', meaning: 'what it says that it is; most servers do not' },
  auth_methods: {
    kind: 'list',
    meaning: 'mechanisms of AUTH that it offers, in upper case; after STLS those that it offers then',
  },
  apop: { kind: 'bool', meaning: 'whether its greeting offers a login by APOP' },
  tls: { kind: 'bool', meaning: 'whether TLS is in use: by STLS, or from the first byte with pop3s' },
  messages: { kind: 'number', meaning: 'messages in the mailbox; absent without a login' },
  size: { kind: 'number', unit: 'bytes', meaning: 'their size together; absent without a login' },
  ...TLS_FACTS,
} as const satisfies FactTable;

type Context = ProbeContext<typeof POP3_FACTS>;

export const pop3: Prober<StartTlsOptions, typeof POP3_FACTS> = {
  type: 'pop3',
  proves:
    'It greets with +OK; where it offers STLS, TLS works and its certificate is good; with a login in the target, it takes that, locks the mailbox and counts its messages. None is fetched or deleted.',
  schemes: [
    { scheme: 'pop3', port: 110, shape: 'host' },
    { scheme: 'pop3s', port: 995, tls: true, shape: 'host' },
  ],
  example: 'pop3s://probe%40example.org:${MAIL_PASSWORD}@mail.example.org',
  options: STARTTLS_OPTIONS,
  facts: POP3_FACTS,
  codes: {
    auth: 'it refuses the login, or offers none that puptime knows (USER and PASS, APOP, PLAIN, LOGIN, CRAM-MD5, SCRAM)',
    status:
      'it says -ERR instead of a greeting; its store of users or of mail is not there ([SYS/TEMP], [SYS/PERM])',
    overloaded:
      '[IN-USE]: another client has the mailbox, or the user too many connections; [LOGIN-DELAY]; or words of that kind',
    tls_handshake: 'the handshake failed, or STLS is refused or, where it is required, not offered',
    protocol: 'it is no POP3 server',
    too_large: 'a line of more than 2,048 bytes, or more than 500 capabilities',
  },
  defaults: (_options, scheme) => ({ prefer: scheme === 'pop3s' ? TLS_PREFER : STARTTLS_PREFER }),
  prepare({ target, options }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected pop3://HOST');
    const security = planSecurity(target, options, target.scheme === 'pop3s');
    return {
      endpoint: { host: target.host, port: target.port ?? PORTS[target.scheme] ?? 110 },
      async run(context) {
        const conversation = await context.dial(security.tls === 'direct' ? { tls: {} } : {});
        try {
          await talk(conversation, context, security);
        } catch (error) {
          if (error instanceof Fault && REFUSALS.includes(error.finding.code)) await quit(conversation);
          throw error;
        }
        await quit(conversation);
      },
    };
  },
};

async function talk(conversation: Conversation, context: Context, security: Security): Promise<void> {
  const timestamp = await readGreeting(conversation, context);
  context.see({ tls: security.tls === 'direct', apop: timestamp !== null });
  let now = await askCapabilities(conversation);
  see(context, null, now);
  if (await startTls(conversation, security, now)) {
    await conversation.startTls();
    context.see({ tls: true });
    // RFC 2595 §4: what was said before TLS is forgotten.
    const before = now;
    now = await askCapabilities(conversation);
    see(context, before, now);
  }
  if (security.credentials === null) return;
  await login(conversation, now, timestamp, security.credentials);
  context.see(await count(conversation));
}

/** The timestamp for APOP, `<1896.697170952@mail.example.org>`; null when it offers none. */
async function readGreeting(conversation: Conversation, context: Context): Promise<string | null> {
  const greeting = await readReply(conversation);
  if (greeting.kind !== 'ok') refuse(greeting, conversation.peer, 'turns us away');
  context.see({ greeting: safeText(greeting.text, 1024) });
  const [timestamp] = /<[!-;=?-~]{1,400}>/.exec(greeting.text.slice(0, 1024)) ?? [];
  return timestamp?.includes('@') === true ? timestamp : null;
}

function see(context: Context, before: Capabilities | null, now: Capabilities | null): void {
  context.see({
    capabilities: [...new Set([...(before?.lines ?? []), ...(now?.lines ?? [])])],
    auth_methods: now?.authMethods ?? [],
    implementation: now?.implementation ?? before?.implementation ?? null,
  });
}

/** Whether the server is ready for the handshake; false when there is no TLS to come and need not be. */
async function startTls(
  conversation: Conversation,
  { tls }: Security,
  capabilities: Capabilities | null,
): Promise<boolean> {
  const { peer } = conversation;
  if (tls === 'direct' || tls === 'never' || (tls === 'auto' && capabilities?.stls !== true)) return false;
  if (capabilities?.stls === false)
    fail('tls_handshake', 'tls', `${peer} does not offer STLS, which is required here`);
  // Where there is no CAPA, there may still be STLS.
  const reply = await ask(conversation, 'STLS');
  if (reply.kind === 'ok') return true;
  const offer =
    capabilities === null ? 'does not know STLS, which is required here' : 'offers STLS, but refuses it';
  return fail('tls_handshake', 'tls', `${peer} ${offer}: ${showReply(reply)}`);
}

/** `+OK 2 320` */
async function count(conversation: Conversation): Promise<{ messages: number; size: number }> {
  const reply = await ask(conversation, 'STAT');
  if (reply.kind !== 'ok') refuse(reply, conversation.peer, 'does not count the messages (STAT)');
  const [, messages, size] = /^(\d{1,15}) (\d{1,15})(?: |$)/.exec(reply.text) ?? [];
  if (messages === undefined || size === undefined)
    return fail('protocol', 'protocol', `${conversation.peer} answers STAT with ${showReply(reply)}`, {
      expected: '+OK MESSAGES SIZE',
      got: showReply(reply),
    });
  return { messages: Number(messages), size: Number(size) };
}

/** Said but not waited for: whether a server that has done its work says goodbye is not worth a verdict. */
async function quit(conversation: Conversation): Promise<void> {
  await conversation.write('QUIT\r\n');
  conversation.end();
}
