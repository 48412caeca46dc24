import type { Code } from '../../words/reason.ts';
import { safeText } from '../../words/safe-text.ts';
import { Fault, InvalidOptions, type Prober, type Target, fail } from '../prober.ts';
import { TLS_PREFER } from '../wire/certificates.ts';
import {
  STARTTLS_OPTIONS,
  STARTTLS_PREFER,
  type Security,
  type StartTlsOptions,
  planSecurity,
} from '../wire/starttls.ts';
import { showReply } from '../wire/status-reply.ts';
import { type Capabilities, askCapabilities } from './nntp/capabilities.ts';
import { logIn } from './nntp/log-in.ts';
import { NNTP_FACTS } from './nntp/nntp-facts.ts';
import { type Session, ask, readReply, refuse } from './nntp/reply.ts';

const PORTS = { nntp: 119, nntps: 563 } as const;
/** After these the server still listens. */
const REFUSALS: readonly Code[] = ['status', 'auth'];

interface NntpPlan extends Security {
  /** null: the target names none */
  readonly group: string | null;
}

export const nntp: Prober<StartTlsOptions, typeof NNTP_FACTS> = {
  type: 'nntp',
  proves:
    'It greets with 200 or 201; where it offers STARTTLS, TLS works and its certificate is good; with a login in the target, it takes that; with a group, it has that and counts its articles. No article is fetched.',
  schemes: [
    { scheme: 'nntp', port: PORTS.nntp, shape: 'path' },
    { scheme: 'nntps', port: PORTS.nntps, tls: true, shape: 'path' },
  ],
  example: 'nntp://news.example.org/comp.lang.misc',
  options: STARTTLS_OPTIONS,
  facts: NNTP_FACTS,
  codes: {
    auth: 'the login is refused (481, 482, 502), one is wanted (480), or TLS is wanted before it (483)',
    overloaded: '400 whose words speak of load, room or too many connections',
    status:
      'the server says that it does not serve (400, 502), a command is refused, or there is no such group (`found`)',
    tls_handshake: 'the handshake failed, or STARTTLS is refused or, where it is required, not offered',
  },
  proxy: true,
  defaults: (_options, scheme) => ({
    expect: { found: { any_of: [true, { exists: false }] } },
    prefer: scheme === 'nntps' ? TLS_PREFER : STARTTLS_PREFER,
  }),
  prepare({ target, options }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected nntp://HOST');
    const plan: NntpPlan = {
      ...planSecurity(target, options, target.scheme === 'nntps'),
      group: groupOf(target),
    };
    const direct = plan.tls === 'direct';
    return {
      endpoint: { host: target.host, port: target.port ?? (direct ? PORTS.nntps : PORTS.nntp) },
      async run(context) {
        const conversation = await context.dial(direct ? { tls: {} } : {});
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

function groupOf({ path }: Target): string | null {
  const group = path.slice(1);
  if (group === '') return null;
  if (!/^[!-~\u0080-\uffff]+$/.test(group) || group.length > 400)
    throw new InvalidOptions('target', 'its path is no group, expected nntp://HOST/GROUP');
  return group;
}

async function talk(session: Session, plan: NntpPlan): Promise<void> {
  const { context } = session;
  await readGreeting(session);
  context.see({ tls: plan.tls === 'direct' });
  const plain = await hello(session, []);
  const capabilities = (await startTls(session, plan, plain)) ?? plain;
  const reader = await switchMode(session, capabilities);
  if (plan.credentials !== null) await logIn(session, reader, plan.credentials);
  if (plan.group !== null) await countGroup(session, plan.group);
}

async function readGreeting(session: Session): Promise<void> {
  const { context, conversation } = session;
  const greeting = await readReply(session);
  context.see({ greeting: safeText(greeting.lines.join('\n'), 1024), code: greeting.code });
  if (greeting.code >= 400) refuse(session, greeting, 'turns us away');
  const got = showReply(greeting);
  if (greeting.code !== 200 && greeting.code !== 201)
    fail('protocol', 'protocol', `${conversation.peer} greets with ${got}`, { expected: '200 or 201', got });
  context.see({ posting: greeting.code === 200 });
}

/** `before`: lines that were listed already and still count as facts. */
async function hello(session: Session, before: readonly string[]): Promise<Capabilities> {
  const capabilities = await askCapabilities(session);
  session.context.see({
    capabilities: [...new Set([...before, ...capabilities.lines])],
    ...(capabilities.software === null ? {} : { software: capabilities.software }),
  });
  return capabilities;
}

/** Null when there is no TLS and need not be. Source: RFC 4642. */
async function startTls(
  session: Session,
  { tls }: NntpPlan,
  plain: Capabilities,
): Promise<Capabilities | null> {
  const { context, conversation } = session;
  const offered = plain.has('STARTTLS');
  if (tls === 'direct' || tls === 'never' || (tls === 'auto' && !offered)) return null;
  if (!offered)
    fail('tls_handshake', 'tls', `${conversation.peer} does not offer STARTTLS, which is required here`);
  const reply = await ask(session, 'STARTTLS');
  if (reply.code !== 382) {
    context.see({ code: reply.code });
    fail('tls_handshake', 'tls', `${conversation.peer} offers STARTTLS, but refuses it: ${showReply(reply)}`);
  }
  await conversation.startTls();
  context.see({ tls: true });
  return hello(session, plain.lines);
}

/** A server that speaks to other servers first has to be told that we read. Source: RFC 3977 §5.3. */
async function switchMode(session: Session, capabilities: Capabilities): Promise<Capabilities> {
  if (!capabilities.has('MODE-READER')) return capabilities;
  const reply = await ask(session, 'MODE READER');
  if (reply.code !== 200 && reply.code !== 201) refuse(session, reply, 'serves no readers (MODE READER)');
  session.context.see({ posting: reply.code === 200 });
  return hello(session, capabilities.lines);
}

/** Source: RFC 3977 §6.1.1. */
async function countGroup(session: Session, group: string): Promise<void> {
  const { context, conversation } = session;
  const reply = await ask(session, `GROUP ${group}`);
  if (reply.code === 411) {
    context.see({ found: false });
    return;
  }
  const phase = reply.code === 480 || reply.code === 483 ? 'auth' : 'protocol';
  if (reply.code !== 211) refuse(session, reply, 'does not show the group', { phase });
  const [articles, first, last] = (reply.lines[0] ?? '').split(' ', 3).map(numberOf);
  if (articles === undefined || articles === null) {
    const got = showReply(reply);
    fail('protocol', 'protocol', `${conversation.peer} does not count the group: ${got}`, { got });
  }
  context.see({ found: true, articles, first: first ?? null, last: last ?? null });
}

function numberOf(text: string): number | null {
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** Said but not waited for: whether a server that has done its work says goodbye is not worth a verdict. */
async function quit({ conversation }: Session): Promise<void> {
  await conversation.write('QUIT\r\n');
  conversation.end();
}
