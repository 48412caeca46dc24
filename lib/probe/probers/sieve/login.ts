import { Fault, fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { type Credentials, carryLogin, requireMechanism, requireProof, saslLogin } from '../../wire/sasl.ts';
import { type SieveAnswer, readChallenge, refusal } from './response.ts';

/** Logs in with the first mechanism that both sides know. Source: RFC 5804 §2.1. */
export async function login(
  conversation: Conversation,
  offered: readonly string[],
  credentials: Credentials,
): Promise<void> {
  const { peer } = conversation;
  const mechanism = requireMechanism(offered, conversation.tls() !== null, peer);
  const exchange = saslLogin(mechanism, credentials, peer);
  const say = async (line: string, shown: string) => {
    await conversation.write(`${line}\r\n`, `${shown}\r\n`);
    return readChallenge(conversation);
  };
  const command = `AUTHENTICATE "${mechanism}"`;
  const answer = await carryLogin<string | SieveAnswer>(
    exchange,
    {
      initialResponse: true,
      begin: (_name, first) =>
        first === null ? say(command, command) : say(`${command} "${first}"`, `${command} "***"`),
      answer: (base64) => say(`"${base64}"`, '"***"'),
      challengeOf: (reply) => (typeof reply === 'string' ? reply : null),
    },
    peer,
  );
  if (typeof answer === 'string') fail('protocol', 'auth', `${peer} asks for more than ${mechanism} has`);
  if (answer.word !== 'OK') {
    const about = { phase: 'auth', otherwise: 'auth' } as const;
    throw new Fault(refusal(answer, peer, `refuses the login (${mechanism})`, about));
  }
  // The server’s last message may come with the acceptance: OK (SASL "…").
  if (!exchange.proven() && answer.code === 'SASL' && answer.argument !== null)
    await exchange.answer(Buffer.from(answer.argument, 'base64'));
  requireProof(exchange, peer);
}
