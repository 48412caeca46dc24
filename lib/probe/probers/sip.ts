import { randomBytes } from 'node:crypto';
import type { FactTable } from '../../words/fact.ts';
import type { JsonSchema } from '../../words/json.ts';
import { safeLine } from '../../words/safe-text.ts';
import { InvalidOptions, PLACEHOLDER, type ProbeContext, type Prober, type Target, fail } from '../prober.ts';
import { TLS_FACTS, TLS_PREFER } from '../wire/certificates.ts';
import { type MessageHead, listOf } from '../wire/text-message.ts';
import { type NextAnswer, fromConversation, fromDatagrams } from './sip/answer.ts';
import { type SipRequest, answers, encodeOptions } from './sip/message.ts';

const PORTS = { sip: 5060, 'sip+tcp': 5060, sips: 5061 } as const;
const TRANSPORTS = { sip: 'UDP', 'sip+tcp': 'TCP', sips: 'TLS' } as const;
/** Provisional answers, and those to other requests, that are passed over. */
const MOST_OTHERS = 100;

interface SipOptions {
  readonly uri?: string;
}

const OPTIONS: { readonly [key: string]: JsonSchema } = {
  uri: {
    type: 'string',
    description:
      'whom the question is for, such as sip:pbx.example.org when the server is reached by another name (default: sip:, the user of the target if there is one, and its host)',
  },
};

const FACTS = {
  status: {
    kind: 'number',
    code: 'status',
    codes: { 401: 'auth', 403: 'auth', 407: 'auth', 486: 'overloaded', 503: 'overloaded' },
    meaning:
      'status of the final answer: 200 to 299 is success, 404 nobody of that name, 405 it does not know OPTIONS, 401 and 407 it wants a login, 503 it is overloaded or in maintenance, 600 to 699 nobody anywhere',
  },
  reason: { kind: 'text', meaning: 'the words that come with the status' },
  server: {
    kind: 'word',
    meaning: 'what it calls itself (Server, or User-Agent); absent when it does not say',
  },
  allow: { kind: 'list', meaning: 'methods that it takes, in upper case; absent when it does not say' },
  supported: {
    kind: 'list',
    meaning: 'extensions that it knows, in lower case; absent when it does not say',
  },
  retry_after_s: {
    kind: 'number',
    unit: 's',
    meaning: 'after how long to try again, by its word; absent when it does not say',
  },
  ...TLS_FACTS,
} as const satisfies FactTable;

interface SipPlan {
  readonly uri: string;
  readonly transport: SipRequest['transport'];
}

type Context = ProbeContext<typeof FACTS>;

export const sip: Prober<SipOptions, typeof FACTS> = {
  type: 'sip',
  proves:
    'It answers OPTIONS with success (200 to 299): over UDP for `sip`, TCP for `sip+tcp`, TLS for `sips`, whose certificate is good. The answer is to this very question (branch, Call-ID, CSeq), and provisional ones (100 Trying) are waited out. One question, which is sent once; nobody’s phone rings. Servers that answer only those whom they know say 401, 403 or 404, which proves that they work, too: `expect: {status: [200, 404]}` allows it.',
  schemes: [
    { scheme: 'sip', port: PORTS.sip, shape: 'host' },
    { scheme: 'sip+tcp', port: PORTS['sip+tcp'], shape: 'host' },
    { scheme: 'sips', port: PORTS.sips, tls: true, shape: 'host' },
  ],
  example: 'sip://pbx.example.org',
  options: OPTIONS,
  facts: FACTS,
  codes: {
    status: 'it answers with another status than success, which is in the fact `status`',
    auth: 'status 401, 403 or 407: it answers only those whom it knows',
    overloaded: 'status 503 (or 486, busy): it has no room, or is in maintenance; see `retry_after_s`',
    timeout:
      'no final answer; servers with a list of friends (Asterisk with fail2ban, session border controllers) do not answer strangers at all',
  },
  defaults: (_options, scheme) => ({
    expect: { status: { min: 200, max: 299 } },
    ...(scheme === 'sips' ? { prefer: TLS_PREFER } : {}),
  }),
  prepare({ target, options }) {
    if (target === null) throw new InvalidOptions('target', 'there is none, expected sip://HOST');
    const plan = planSip(target, options);
    const port = target.port ?? (plan.transport === 'TLS' ? PORTS.sips : PORTS.sip);
    return {
      endpoint: { host: target.host, port },
      run: (context) => (plan.transport === 'UDP' ? overUdp(context, plan) : overStream(context, plan)),
    };
  },
};

function planSip(target: Target, { uri }: SipOptions): SipPlan {
  const { scheme, username, password, host, port } = target;
  if (password !== null)
    throw new InvalidOptions(
      'target',
      'OPTIONS takes no password here, expected sip://HOST or sip://USER@HOST',
    );
  if (uri !== undefined && uri !== PLACEHOLDER && !/^sips?:[!-;=?-~]{1,200}$/.test(uri))
    throw new InvalidOptions('uri', `saw "${safeLine(uri, 60)}", expected one such as sip:pbx.example.org`);
  const where = host.includes(':') ? `[${host}]` : host;
  const user = username === null ? '' : `${encodeURIComponent(username)}@`;
  const own = `${scheme === 'sips' ? 'sips' : 'sip'}:${user}${where}${port === null ? '' : `:${String(port)}`}`;
  const known = scheme === 'sip' || scheme === 'sip+tcp' ? scheme : 'sips';
  return { uri: uri ?? own, transport: TRANSPORTS[known] };
}

async function overUdp(context: Context, plan: SipPlan): Promise<void> {
  const datagrams = await context.datagrams();
  const { ip, port } = datagrams.local;
  const request = requestOf(plan, `${bracketed(ip)}:${String(port)}`);
  await datagrams.send(Buffer.from(encodeOptions(request)));
  report(await finalAnswer(fromDatagrams(datagrams), request, datagrams.peer), context);
}

async function overStream(context: Context, plan: SipPlan): Promise<void> {
  const conversation = await context.dial(plan.transport === 'TLS' ? { tls: {} } : {});
  const request = requestOf(plan, bracketed(conversation.local ?? 'puptime.invalid'));
  await conversation.write(encodeOptions(request));
  report(await finalAnswer(fromConversation(conversation), request, conversation.peer), context);
  conversation.end();
}

function requestOf(plan: SipPlan, from: string): SipRequest {
  const token = (bytes: number) => randomBytes(bytes).toString('hex');
  // RFC 3261 §8.1.1.7: branches of this version begin so.
  return { ...plan, from, branch: `z9hG4bK${token(12)}`, tag: token(6), callId: token(16) };
}

function bracketed(ip: string): string {
  return ip.includes(':') ? `[${ip.replace(/%.*$/, '')}]` : ip;
}

async function finalAnswer(next: NextAnswer, request: SipRequest, peer: string): Promise<MessageHead> {
  for (let others = 0; others < MOST_OTHERS; others += 1) {
    const answer = await next();
    if (answers(answer, request) && answer.status >= 200) return answer;
  }
  const text = `${peer} sent ${String(MOST_OTHERS)} answers, none of them a final one to what was asked`;
  return fail('protocol', 'protocol', text);
}

function report(answer: MessageHead, { see }: Context): void {
  const { fields, status, reason } = answer;
  const server = fields.get('server')?.[0] ?? fields.get('user-agent')?.[0];
  const retry = /^\d{1,9}/.exec(fields.get('retry-after')?.[0] ?? '')?.[0];
  const lists = [listOf(answer, 'allow'), listOf(answer, 'supported')] as const;
  see({
    status,
    reason,
    ...(server === undefined ? {} : { server: safeLine(server) }),
    ...(fields.has('allow') ? { allow: lists[0].map((one) => one.toUpperCase()) } : {}),
    ...(fields.has('supported') ? { supported: lists[1].map((one) => one.toLowerCase()) } : {}),
    ...(retry === undefined ? {} : { retry_after_s: Number(retry) }),
  });
}
