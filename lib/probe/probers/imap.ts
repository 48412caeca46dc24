import type { Code } from '../../words/reason.ts';
import { safeLine, safeText } from '../../words/safe-text.ts';
import { Fault, InvalidOptions, type ProbeContext, type Prober, fail } from '../prober.ts';
import { TLS_PREFER } from '../wire/certificates.ts';
import type { Conversation } from '../wire/conversation.ts';
import {
  STARTTLS_OPTIONS,
  STARTTLS_PREFER,
  type Security,
  type StartTlsOptions,
  planSecurity,
} from '../wire/starttls.ts';
import { type Capabilities, askCapabilities, listedIn } from './imap/capabilities.ts';
import { IMAP_FACTS } from './imap/imap-facts.ts';
import { login } from './imap/login.ts';
import { countMailbox } from './imap/mailbox.ts';
import { readQuota } from './imap/quota.ts';
import { refuse, showState } from './imap/refusal.ts';
import { type ImapSession, openSession } from './imap/session.ts';

const PORTS: { readonly [scheme: string]: number } = { imap: 143, imaps: 993 };
/** After these the server still listens. */
const REFUSALS: readonly Code[] = ['status', 'overloaded', 'auth'];

interface ImapOptions extends StartTlsOptions {
  readonly mailbox?: string;
}

type Context = ProbeContext<typeof IMAP_FACTS>;

export const imap: Prober<ImapOptions, typeof IMAP_FACTS> = {
  type: 'imap',
  proves:
    'It greets and tells its capabilities; where it offers STARTTLS, TLS works and its certificate is good; with a login in the target, it takes that and counts the messages of a mailbox (INBOX, or `mailbox`), which it does not open.',
  schemes: [
    { scheme: 'imap', port: 143, shape: 'host' },
    { scheme: 'imaps', port: 993, tls: true, shape: 'host' },
  ],
  example: 'imaps://probe%40example.org:${MAIL_PASSWORD}@mail.example.org',
  options: {
    ...STARTTLS_OPTIONS,
    mailbox: {
      type: 'string',
      minLength: 1,
      description:
        'the mailbox whose messages are counted (default INBOX, with a login); one that is missing is down',
    },
  },
  facts: IMAP_FACTS,
  codes: {
    auth: 'it refuses the login, forbids it here (LOGINDISABLED), or offers no mechanism that puptime knows (PLAIN, LOGIN, CRAM-MD5, SCRAM)',
    status:
      'it says BYE instead of a greeting; its store of users or of mail is not there ([UNAVAILABLE], [SERVERBUG]); the mailbox does not exist',
    overloaded:
      '[LIMIT] or words like “too many connections”, of this user or at all; `quota_percent`, where it is expected: the mailbox is full',
    tls_handshake: 'the handshake failed, or STARTTLS is refused or, where it is required, not offered',
    protocol: 'it is no IMAP server',
    too_large:
      'a line of more than 64 KiB, a response of more than 1 MiB, or more than 1,000 responses at once',
  },
  defaults: (_options, scheme) => ({ prefer: scheme === 'imaps' ? TLS_PREFER : STARTTLS_PREFER }),
  prepare({ target, options, wanted }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected imap://HOST');
    const security = planSecurity(target, options, target.scheme === 'imaps');
    const mailbox = mailboxOf(options, security);
    const quota = wanted.has('quota_percent');
    return {
      endpoint: { host: target.host, port: target.port ?? PORTS[target.scheme] ?? 143 },
      async run(context) {
        const conversation = await context.dial(security.tls === 'direct' ? { tls: {} } : {});
        const session = openSession(conversation, (text) => context.see({ alert: safeText(text, 500) }));
        try {
          await talk(session, context, { security, mailbox, quota });
        } catch (error) {
          if (error instanceof Fault && REFUSALS.includes(error.finding.code)) await logout(conversation);
          throw error;
        }
        await logout(conversation);
      },
    };
  },
};

function mailboxOf({ mailbox }: ImapOptions, { credentials }: Security): string | null {
  if (mailbox === undefined) return credentials === null ? null : 'INBOX';
  if (credentials === null)
    throw new InvalidOptions('mailbox', 'it needs a login, expected imap://USER:PASSWORD@HOST as the target');
  if (['\r', '\n', '\0'].some((character) => mailbox.includes(character)))
    throw new InvalidOptions('mailbox', `saw "${safeLine(mailbox, 60)}", expected a name on one line`);
  return mailbox;
}

interface Plan {
  readonly security: Security;
  /** null: none is counted */
  readonly mailbox: string | null;
  /** whether its quota is asked for */
  readonly quota: boolean;
}

async function talk(
  session: ImapSession,
  context: Context,
  { security, mailbox, quota }: Plan,
): Promise<void> {
  const { conversation } = session;
  const greeting = await session.greeting();
  context.see({ greeting: safeText(greeting.text, 1024), tls: security.tls === 'direct' });
  if (greeting.word === 'BYE') refuse(greeting, conversation.peer, 'turns us away');
  const preauth = greeting.word === 'PREAUTH';
  context.see({ preauth });
  const lists: Capabilities[] = [];
  const tell = (list: Capabilities) => {
    lists.push(list);
    context.see({ capabilities: [...new Set(lists.flatMap(({ words }) => words))] });
    return list;
  };
  let now = tell(listedIn(greeting) ?? (await askCapabilities(session)));
  if (await startTls(session, security, now, preauth)) {
    await conversation.startTls();
    context.see({ tls: true });
    // RFC 9051 §6.2.1: what was said before TLS is forgotten.
    now = tell(await askCapabilities(session));
  }
  context.see({ auth_methods: now.authMethods });
  if (security.credentials !== null && !preauth) {
    const { state } = await login(session, now, security.credentials);
    const listed = listedIn(state);
    if (listed !== null) now = tell(listed);
  }
  if (mailbox === null) return;
  const sized = now.words.includes('STATUS=SIZE') || now.words.includes('IMAP4REV2');
  context.see(await countMailbox(session, mailbox, sized));
  if (quota) context.see(await readQuota(session, mailbox));
}

/** Whether the server is ready for the handshake; false when there is no TLS to come and need not be. */
async function startTls(
  session: ImapSession,
  { tls }: Security,
  { starttls }: Capabilities,
  preauth: boolean,
): Promise<boolean> {
  const { peer } = session.conversation;
  if (tls === 'direct' || tls === 'never') return false;
  // RFC 9051 §6.2.1: STARTTLS is for those who have not logged in.
  if (tls === 'auto' && (preauth || !starttls)) return false;
  if (preauth)
    fail(
      'tls_handshake',
      'tls',
      `${peer} takes us as logged in without TLS (PREAUTH), which is required here`,
    );
  if (!starttls) fail('tls_handshake', 'tls', `${peer} does not offer STARTTLS, which is required here`);
  const { state } = await session.command('STARTTLS');
  if (state.word === 'OK') return true;
  return fail('tls_handshake', 'tls', `${peer} offers STARTTLS, but refuses it: ${showState(state)}`);
}

/** Said but not waited for: whether a server that has done its work says goodbye is not worth a verdict. */
async function logout(conversation: Conversation): Promise<void> {
  await conversation.write('a0 LOGOUT\r\n');
  conversation.end();
}
