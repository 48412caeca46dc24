import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { type Credentials, carryLogin, requireMechanism, requireProof, saslLogin } from '../../wire/sasl.ts';
import { type Element, childOf, notXmpp } from './element.ts';
import { readStanza } from './stream.ts';

const NAMESPACE = 'urn:ietf:params:xml:ns:xmpp-sasl';

/** Logs in with the first mechanism that both sides know. Source: RFC 6120 §6. */
export async function logIn(
  conversation: Conversation,
  offered: readonly string[],
  credentials: Credentials,
): Promise<void> {
  const { peer } = conversation;
  const mechanism = requireMechanism(offered, conversation.tls() !== null, peer);
  const exchange = saslLogin(mechanism, credentials, peer);
  const ask = async (tag: string, attributes: string, content: string): Promise<Element> => {
    const around = (text: string) => `<${tag} xmlns='${NAMESPACE}'${attributes}>${text}</${tag}>`;
    await conversation.write(around(content), around('***'));
    return readStanza(conversation);
  };
  const reply = await carryLogin(
    exchange,
    {
      initialResponse: true,
      // RFC 6120 §6.4.2: a first message that is empty is written as an equals sign
      begin: (name, first) => ask('auth', ` mechanism='${name}'`, first === '' ? '=' : (first ?? '')),
      answer: (base64) => ask('response', '', base64),
      challengeOf: ({ name, text }) => (name === 'challenge' ? text.trim() : null),
    },
    peer,
  );
  if (reply.name === 'failure') turnAway(conversation, reply, mechanism);
  if (reply.name !== 'success') notXmpp(conversation, `<${safeLine(reply.name, 40)}> in a login`);
  // SCRAM’s proof comes along with success, or has come in a challenge before.
  if (reply.text.trim() !== '' && !exchange.proven())
    await exchange.answer(Buffer.from(reply.text.trim(), 'base64'));
  requireProof(exchange, peer);
}

function turnAway({ peer }: Conversation, failure: Element, mechanism: string): never {
  const [condition] = failure.children;
  const name = safeLine(condition?.name ?? 'not-authorized', 60);
  const words = safeLine(childOf(failure, 'text')?.text ?? '', 120);
  const got = words === '' ? name : `${name} (${words})`;
  // Its store of passwords does not answer.
  const code = name === 'temporary-auth-failure' ? 'status' : 'auth';
  return fail(code, 'auth', `${peer} refuses the login (${mechanism}): ${got}`, { got });
}
