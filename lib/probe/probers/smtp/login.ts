import { Fault, fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { type Credentials, carryLogin, requireMechanism, requireProof, saslLogin } from '../../wire/sasl.ts';
import { showReply } from '../../wire/status-reply.ts';
import { ask, refusal } from './reply.ts';

/** Refusals of the login itself; others are the server’s own trouble. */
const REFUSALS: readonly number[] = [525, 530, 534, 535, 538, 550, 554];

/** Logs in with the first mechanism that both sides know. Source: RFC 4954. */
export async function login(
  conversation: Conversation,
  offered: readonly string[],
  credentials: Credentials,
): Promise<void> {
  const { peer } = conversation;
  const mechanism = requireMechanism(offered, conversation.tls() !== null, peer);
  const exchange = saslLogin(mechanism, credentials, peer);
  const reply = await carryLogin(
    exchange,
    {
      initialResponse: true,
      begin: (name, first) => {
        const command = `AUTH ${name}`;
        return first === null
          ? ask(conversation, command)
          : // RFC 4954 §4: an empty one is written as a single equals sign
            ask(conversation, `${command} ${first === '' ? '=' : first}`, `${command} ***`);
      },
      answer: (base64) => ask(conversation, base64, '***'),
      challengeOf: ({ code, lines }) => (code === 334 ? (lines[0] ?? '') : null),
    },
    peer,
  );
  if (reply.code === 235) {
    requireProof(exchange, peer);
    return;
  }
  if (reply.code < 400)
    fail('protocol', 'auth', `${peer} answers AUTH ${mechanism} with ${showReply(reply)}`);
  const finding = refusal(reply, peer, `refuses the login (AUTH ${mechanism})`, 'auth');
  throw new Fault(REFUSALS.includes(reply.code) ? { ...finding, code: 'auth' } : finding);
}
