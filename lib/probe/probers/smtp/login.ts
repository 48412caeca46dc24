import { createHmac } from 'node:crypto';
import { Fault, fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { showReply } from '../../wire/status-reply.ts';
import { type SmtpReply, ask, refusal } from './reply.ts';
import type { Credentials } from './smtp-options.ts';

/** Logs in; gives the reply that accepted it. */
type Mechanism = (conversation: Conversation, credentials: Credentials) => Promise<SmtpReply>;

/** Source: RFC 4954, RFC 4616 (PLAIN), RFC 2195 (CRAM-MD5); LOGIN is only a draft, but everywhere. */
const MECHANISMS: Readonly<Record<string, Mechanism>> = {
  PLAIN: async (conversation, { username, password }) =>
    ask(conversation, `AUTH PLAIN ${base64(`\0${username}\0${password}`)}`, 'AUTH PLAIN ***'),
  LOGIN: async (conversation, { username, password }) => {
    const first = await ask(conversation, 'AUTH LOGIN');
    if (first.code !== 334) return first;
    const second = await ask(conversation, base64(username));
    return second.code === 334 ? ask(conversation, base64(password), '***') : second;
  },
  'CRAM-MD5': async (conversation, { username, password }) => {
    const challenge = await ask(conversation, 'AUTH CRAM-MD5');
    if (challenge.code !== 334) return challenge;
    const asked = Buffer.from(challenge.lines[0] ?? '', 'base64');
    const digest = createHmac('md5', password).update(asked).digest('hex');
    return ask(conversation, base64(`${username} ${digest}`), '***');
  },
};

/** Refusals of the login itself; others are the server’s own trouble. */
const REFUSALS: readonly number[] = [525, 530, 534, 535, 538, 550, 554];

/** Logs in with the first mechanism that both sides know: without TLS one that does not show the password. */
export async function login(
  conversation: Conversation,
  offered: readonly string[],
  credentials: Credentials,
): Promise<void> {
  const { peer } = conversation;
  const order = conversation.tls() === null ? ['CRAM-MD5', 'PLAIN', 'LOGIN'] : ['PLAIN', 'LOGIN', 'CRAM-MD5'];
  const name = order.find((mechanism) => offered.includes(mechanism));
  const mechanism = name === undefined ? undefined : MECHANISMS[name];
  if (name === undefined || mechanism === undefined) {
    const offer =
      offered.length === 0 ? 'offers no login' : `offers ${offered.slice(0, 8).join(', ')} to log in`;
    return fail('auth', 'auth', `${peer} ${offer}, expected one of ${order.join(', ')}`);
  }
  const reply = await mechanism(conversation, credentials);
  if (reply.code === 235) return;
  if (reply.code < 400) fail('protocol', 'auth', `${peer} answers AUTH ${name} with ${showReply(reply)}`);
  const finding = refusal(reply, peer, `refuses the login (AUTH ${name})`, 'auth');
  throw new Fault(REFUSALS.includes(reply.code) ? { ...finding, code: 'auth' } : finding);
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
