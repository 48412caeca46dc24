import { createHash } from 'node:crypto';
import { Fault, fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import {
  type Credentials,
  type Mechanism,
  carryLogin,
  chooseMechanism,
  requireMechanism,
  requireProof,
  saslLogin,
} from '../../wire/sasl.ts';
import type { Capabilities } from './capabilities.ts';
import { type PopReply, ask, refusal, showReply } from './reply.ts';

/** RFC 5034 §4: a longer command must not carry the first message. */
const MAX_COMMAND = 253;
/** Those that do not show the password. */
const COVERED: readonly Mechanism[] = ['SCRAM-SHA-256', 'SCRAM-SHA-1', 'CRAM-MD5'];

/**
 * Logs in by AUTH, else by APOP or by USER and PASS. Without TLS, what does not show the password goes first: APOP is
 * offered by a timestamp in the greeting (RFC 1939 §7). `capabilities` is null when the server knows no CAPA.
 */
export async function login(
  conversation: Conversation,
  capabilities: Capabilities | null,
  timestamp: string | null,
  credentials: Credentials,
): Promise<void> {
  const underTls = conversation.tls() !== null;
  const { user, authMethods } = capabilities ?? { user: true, authMethods: [] };
  const mechanism = chooseMechanism(authMethods, underTls);
  const covered = mechanism !== null && COVERED.includes(mechanism);
  if (timestamp !== null && !underTls && !covered) return apop(conversation, timestamp, credentials);
  if (mechanism === null && user) return userAndPass(conversation, credentials);
  if (mechanism === null && timestamp !== null) return apop(conversation, timestamp, credentials);
  return authenticate(conversation, requireMechanism(authMethods, underTls, conversation.peer), credentials);
}

async function apop(
  conversation: Conversation,
  timestamp: string,
  { username, password }: Credentials,
): Promise<void> {
  const digest = createHash('md5').update(`${timestamp}${password}`).digest('hex');
  accepted(
    await ask(conversation, `APOP ${username} ${digest}`, `APOP ${username} ***`),
    conversation,
    'APOP',
  );
}

async function userAndPass(conversation: Conversation, { username, password }: Credentials): Promise<void> {
  accepted(await ask(conversation, `USER ${username}`), conversation, 'USER');
  accepted(await ask(conversation, `PASS ${password}`, 'PASS ***'), conversation, 'PASS');
}

/** Source: RFC 5034. */
async function authenticate(
  conversation: Conversation,
  mechanism: Mechanism,
  credentials: Credentials,
): Promise<void> {
  const { peer } = conversation;
  const exchange = saslLogin(mechanism, credentials, peer);
  const command = `AUTH ${mechanism}`;
  const size = command.length + 1 + Math.ceil(Buffer.byteLength(exchange.first ?? '') / 3) * 4;
  const reply = await carryLogin(
    exchange,
    {
      initialResponse: size <= MAX_COMMAND,
      begin: (_name, first) =>
        first === null
          ? ask(conversation, command)
          : ask(conversation, `${command} ${first === '' ? '=' : first}`, `${command} ***`),
      answer: (base64) => ask(conversation, base64, '***'),
      challengeOf: ({ kind, text }) => (kind === 'more' ? text : null),
    },
    peer,
  );
  accepted(reply, conversation, command);
  requireProof(exchange, peer);
}

function accepted(reply: PopReply, { peer }: Conversation, command: string): void {
  if (reply.kind === 'ok') return;
  if (reply.kind === 'more') fail('protocol', 'auth', `${peer} answers ${command} with ${showReply(reply)}`);
  throw new Fault(
    refusal(reply, peer, `refuses the login (${command})`, { phase: 'auth', otherwise: 'auth' }),
  );
}
