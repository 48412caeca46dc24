import type { Code } from '../../words/reason.ts';
import { safeLine, safeText } from '../../words/safe-text.ts';
import { Fault, InvalidOptions, type Prober, fail } from '../prober.ts';
import { showReply } from '../wire/status-reply.ts';
import { FTP_DEFAULTS, FTP_FACTS } from './ftp/ftp-facts.ts';
import { FTP_OPTIONS, type FtpOptions, type FtpPlan, planFtp } from './ftp/ftp-options.ts';
import { listDirectory } from './ftp/list-directory.ts';
import { logIn } from './ftp/log-in.ts';
import { lookAtFile } from './ftp/look-at-file.ts';
import { type Session, ask, isUnknown, readReply, refuse } from './ftp/reply.ts';

const PORTS = { ftp: 21, ftps: 990 } as const;
/** After these the server still listens. */
const REFUSALS: readonly Code[] = ['status', 'auth'];

export const ftp: Prober<FtpOptions, typeof FTP_FACTS> = {
  type: 'ftp',
  proves:
    'It greets with 220; where it knows AUTH TLS, TLS works and its certificate is good; it takes the login (the target’s, else anonymous); with a path, the file is there (its size and age are asked for, nothing is fetched) or the directory can be listed. A listing, of a path that ends with /, costs a second connection, to the port that the server names and always to the same address; under TLS it is encrypted too. A path is relative to the directory after login, and absolute when it begins with // (ftp://HOST//srv/).',
  schemes: [
    { scheme: 'ftp', port: PORTS.ftp, shape: 'path' },
    { scheme: 'ftps', port: PORTS.ftps, tls: true, shape: 'path' },
  ],
  example: 'ftp://ftp.example.org/pub/',
  options: FTP_OPTIONS,
  facts: FTP_FACTS,
  codes: {
    auth: 'the user, or the anonymous user when the target names none, is refused (530); set user and password in the target, or `login: false` to look at the greeting only',
    overloaded: '421, 452, or a 530 that speaks of too many users: no room for another session',
    status:
      'a command is refused with another code, which is in the fact `code`; or the file or directory is not there (`found`)',
    tls_handshake: 'AUTH TLS is not offered where it is required, or refused',
    refused:
      'nothing listens; in a text about the listing: the passive ports of the server cannot be reached',
    timeout: 'no answer; in a text about the listing: a firewall drops the passive ports',
  },
  defaults: () => FTP_DEFAULTS,
  prepare({ target, options }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected ftp://HOST');
    const plan = planFtp(target, options);
    const port = plan.tls === 'direct' ? PORTS.ftps : PORTS.ftp;
    return {
      endpoint: { host: target.host, port: target.port ?? port },
      async run(context) {
        const conversation = await context.dial(plan.tls === 'direct' ? { tls: {} } : {});
        const session: Session = { conversation, context };
        try {
          await talk(session, plan);
        } catch (error) {
          if (error instanceof Fault && REFUSALS.includes(error.finding.code)) await quit(session);
          throw error;
        }
        await quit(session);
      },
    };
  },
};

async function talk(session: Session, plan: FtpPlan): Promise<void> {
  const { context } = session;
  await readGreeting(session);
  context.see({ tls: plan.tls === 'direct' });
  await startTls(session, plan);
  if (!plan.login) return;
  await logIn(session, plan.credentials);
  const features = await askForFeatures(session);
  if (plan.path === null) return;
  if (plan.kind === 'directory') await protectData(session);
  const look = plan.kind === 'directory' ? listDirectory : lookAtFile;
  context.see({ found: await look(session, plan.path, features) });
}

/** 120 announces that it takes a moment. Source: RFC 959 §5.4. */
async function readGreeting(session: Session): Promise<void> {
  const { context, conversation } = session;
  const first = await readReply(session);
  const greeting = first.code === 120 ? await readReply(session) : first;
  const text = greeting.lines.join('\n');
  context.see({ greeting: safeText(text, 1024), code: greeting.code });
  if (greeting.code >= 400) refuse(session, greeting, 'turns us away');
  // SMTP, too, greets with 220.
  const start = text.slice(0, 512);
  const isMail = /\bE?SMTP\b/.test(start) && !/ftp/i.test(start);
  if (greeting.code === 220 && !isMail) return;
  const got = showReply(greeting);
  fail('protocol', 'protocol', `${conversation.peer} greets with ${got}`, { expected: '220', got });
}

/** Source: RFC 4217 §4. */
async function startTls(session: Session, { tls }: FtpPlan): Promise<void> {
  if (tls === 'never' || tls === 'direct') return;
  const { context, conversation } = session;
  const reply = await ask(session, 'AUTH TLS');
  if (reply.code !== 234) {
    // 530: servers without TLS that want to hear USER first
    const none = isUnknown(reply) || reply.code === 530 || reply.code === 534 || reply.code === 503;
    if (tls === 'auto' && none) return;
    context.see({ code: reply.code });
    const what = none ? 'does not offer TLS, which is required here' : 'refuses AUTH TLS';
    fail('tls_handshake', 'tls', `${conversation.peer} ${what}: ${showReply(reply)}`);
  }
  await conversation.startTls();
  context.see({ tls: true });
}

/** What it lists, in upper case; empty when it does not know FEAT. Source: RFC 2389 §3. */
async function askForFeatures(session: Session): Promise<readonly string[]> {
  const reply = await ask(session, 'FEAT');
  // The first line and the last one are words around the list.
  const features =
    reply.code === 211 ? reply.lines.slice(1, -1).map((line) => safeLine(line).toUpperCase()) : [];
  session.context.see({ features });
  return features;
}

/** Source: RFC 4217 §9. */
async function protectData(session: Session): Promise<void> {
  if (session.conversation.tls() === null) return;
  await ask(session, 'PBSZ 0');
  const reply = await ask(session, 'PROT P');
  if (reply.code !== 200) refuse(session, reply, 'does not encrypt listings (PROT P)');
}

/** Said but not waited for: whether a server that has done its work says goodbye is not worth a verdict. */
async function quit({ conversation }: Session): Promise<void> {
  await conversation.write('QUIT\r\n');
  conversation.end();
}
