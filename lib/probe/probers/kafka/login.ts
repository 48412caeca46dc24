import { safeLine } from '../../../words/safe-text.ts';
import { Fault, fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { type Credentials, plain } from '../../wire/sasl.ts';
import { ScramBroken, scramLogin } from '../../wire/scram.ts';
import { findingOf } from './errors.ts';
import { API, ask, broken, encodeBytes, encodeText, readCount, readText } from './request.ts';

export const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;
export type Mechanism = (typeof MECHANISMS)[number];

/** Logs in. Source: kafka.apache.org/protocol, SaslHandshake 1 and SaslAuthenticate 0; KIP-84 for SCRAM. */
export async function login(
  conversation: Conversation,
  mechanism: Mechanism,
  credentials: Credentials,
): Promise<void> {
  await agreeOn(conversation, mechanism);
  if (mechanism === 'PLAIN') {
    await authenticate(conversation, plain(credentials), mechanism);
    return;
  }
  const scram = scramLogin({ hash: mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha512', ...credentials });
  const { peer } = conversation;
  try {
    const challenge = await authenticate(conversation, scram.first, mechanism);
    const proof = await authenticate(conversation, await scram.final(challenge), mechanism);
    if (!scram.proves(proof))
      fail(
        'auth',
        'auth',
        `${peer} accepts the login (${mechanism}), but does not prove that it knows the password`,
      );
  } catch (error) {
    if (!(error instanceof ScramBroken)) throw error;
    fail('protocol', 'auth', `${peer} breaks off ${mechanism}: ${error.message}`);
  }
}

/** A broker that has not this mechanism says which it has, and hangs up: there is no second try. */
async function agreeOn(conversation: Conversation, mechanism: Mechanism): Promise<void> {
  const api = API.saslHandshake;
  const { peer } = conversation;
  const bytes = await ask(conversation, { api, version: 1, body: encodeText(mechanism) });
  const error = bytes.i16();
  const count = readCount(bytes, 2, () => broken(peer, api));
  const offered = Array.from({ length: Math.min(count, 20) }, () => safeLine(readText(bytes) ?? '', 40));
  if (error === 0) return;
  const finding = findingOf(error, peer, `has no login by ${mechanism}`);
  const text = `${finding.text}; it offers ${offered.join(', ')}: set \`mechanism\``;
  throw new Fault({ ...finding, text, expected: mechanism, got: offered });
}

async function authenticate(
  conversation: Conversation,
  message: string,
  mechanism: Mechanism,
): Promise<string> {
  const api = API.saslAuthenticate;
  const body = encodeBytes(Buffer.from(message, 'utf8'));
  const shown = encodeBytes(Buffer.from('***'));
  const bytes = await ask(conversation, { api, version: 0, body, shown });
  const error = bytes.i16();
  const said = readText(bytes);
  if (error !== 0)
    throw new Fault(findingOf(error, conversation.peer, `refuses the login (${mechanism})`, said));
  const length = bytes.i32();
  return length < 0 ? '' : bytes.text(length);
}
