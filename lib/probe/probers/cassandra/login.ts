import { safeLine } from '../../../words/safe-text.ts';
import { type ProbeContext, fail } from '../../prober.ts';
import { u16 } from '../../wire/bytes.ts';
import type { Conversation } from '../../wire/conversation.ts';
import type { CASSANDRA_FACTS } from './cassandra-facts.ts';
import { type Frame, OPCODE, ask, bytes, readText, text } from './frames.ts';
import { accepted } from './refusal.ts';

export interface CassandraLogin {
  readonly username: string;
  readonly password: string;
}

type Context = ProbeContext<typeof CASSANDRA_FACTS>;

/** Begins, with a login where the server wants one (native protocol §4.1.1, §4.1.2). */
export async function startUp(
  conversation: Conversation,
  context: Context,
  login: CassandraLogin | null,
): Promise<void> {
  const { peer } = conversation;
  const options = Buffer.concat([u16(1), text('CQL_VERSION'), text('3.0.0')]);
  const begun = accepted(await ask(conversation, OPCODE.startup, options), peer, 'STARTUP');
  if (begun.opcode === OPCODE.ready) return;
  if (begun.opcode !== OPCODE.authenticate) return outOfPlace(begun, peer, 'STARTUP');
  const authenticator = safeLine(readText(begun.body).split('.').at(-1) ?? '', 100);
  context.see({ authenticator });
  if (login === null) return fail('auth', 'auth', `${peer} wants a user and a password (${authenticator})`);
  await logIn(conversation, login, authenticator);
}

async function logIn(
  conversation: Conversation,
  { username, password }: CassandraLogin,
  authenticator: string,
): Promise<void> {
  const { peer } = conversation;
  const token = bytes(Buffer.from(`\0${username}\0${password}`, 'utf8'));
  const respond = async (body: Buffer) =>
    accepted(
      await ask(conversation, OPCODE.authResponse, body, body === token ? HIDDEN : body),
      peer,
      'login',
    );
  // DataStax’s own wants the name of the mechanism first.
  const named = authenticator === 'DseAuthenticator';
  let answer = await respond(named ? bytes(Buffer.from('PLAIN')) : token);
  if (named && answer.opcode === OPCODE.authChallenge) answer = await respond(token);
  if (answer.opcode === OPCODE.authChallenge)
    fail('auth', 'auth', `${peer} asks for more than a user and a password (${authenticator})`);
  if (answer.opcode !== OPCODE.authSuccess) outOfPlace(answer, peer, 'the login');
}

const HIDDEN = bytes(Buffer.from('***'));

export function outOfPlace({ opcode }: Frame, peer: string, asked: string): never {
  return fail('protocol', 'protocol', `${peer} answered ${asked} with message 0x${opcode.toString(16)}`);
}
