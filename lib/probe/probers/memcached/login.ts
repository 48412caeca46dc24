import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import {
  type Credentials,
  type SaslCarrier,
  carryLogin,
  requireMechanism,
  requireProof,
  saslLogin,
} from '../../wire/sasl.ts';
import { asciiDialect, notMemcached, readAnswer } from './ascii.ts';
import { OPCODES, type Packet, STATUSES, binaryDialect, encodeRequest, readResponse } from './binary.ts';
import type { Dialect } from './dialect.ts';

/**
 * Logs in, by SASL or by the login of the text protocol (-Y), whichever the server has, and gives the protocol in which to
 * go on. One question is both: a request of the binary protocol (for the mechanisms) that ends a line in the text protocol.
 * So no password is sent to a server that would take it for something to store.
 */
export async function logIn(conversation: Conversation, credentials: Credentials): Promise<Dialect> {
  const { peer } = conversation;
  await conversation.write(encodeRequest(OPCODES.sasl_list, '', '', '\0\0\0\0\0\0\r\n'));
  const start = await conversation.readExactly(1);
  conversation.unread(start);
  if (start[0] === 0x81) {
    await logInBySasl(conversation, credentials);
    return binaryDialect(conversation);
  }
  if (!/^[A-Z]/.test(start.toString('latin1'))) await readAnswer(conversation, 'the login');
  const line = await conversation.readLine({ max: 4096 });
  if (line.startsWith('CLIENT_ERROR unauthenticated')) {
    await logInAsText(conversation, credentials);
    return asciiDialect(conversation);
  }
  if (line === 'ERROR')
    return fail('auth', 'auth', `${peer} has no login, but a user and a password are configured here`);
  conversation.unread(Buffer.from(`${line}\r\n`, 'utf8'));
  return notMemcached(conversation, await readAnswer(conversation, 'the login'));
}

async function logInBySasl(conversation: Conversation, credentials: Credentials): Promise<void> {
  const { peer } = conversation;
  const list = await readResponse(conversation, OPCODES.sasl_list);
  if (list.status === STATUSES.unknownCommand)
    fail('auth', 'auth', `${peer} has no login, but a user and a password are configured here`);
  const offered = list.value.subarray(0, 1000).toString('latin1').toUpperCase().split(' ');
  const mechanism = requireMechanism(offered, conversation.tls() !== null, peer);
  const login = saslLogin(mechanism, credentials, peer);
  const reply = await carryLogin(login, saslCarrier(conversation, mechanism), peer);
  if (reply.status === STATUSES.ok) {
    requireProof(login, peer);
    return;
  }
  const got = `${safeLine(reply.value.subarray(0, 200).toString('utf8'), 100)} (0x${reply.status.toString(16)})`;
  const code = reply.status === STATUSES.refused ? 'auth' : 'status';
  fail(code, 'auth', `${peer} refuses the login (SASL ${mechanism}): ${got}`, { got });
}

function saslCarrier(conversation: Conversation, mechanism: string): SaslCarrier<Packet> {
  const send = async (opcode: number, base64: string | null): Promise<Packet> => {
    const value = base64 === null ? '' : Buffer.from(base64, 'base64').toString('utf8');
    await conversation.write(
      encodeRequest(opcode, mechanism, value),
      encodeRequest(opcode, mechanism, '***'),
    );
    return readResponse(conversation, opcode);
  };
  return {
    initialResponse: true,
    begin: (_, first) => send(OPCODES.sasl_auth, first),
    answer: (base64) => send(OPCODES.sasl_step, base64),
    challengeOf: ({ status, value }) => (status === STATUSES.goOn ? value.toString('base64') : null),
  };
}

/** Source: memcached/doc/protocol.txt, Authentication: the key, the flags and the time say nothing. */
async function logInAsText(conversation: Conversation, { username, password }: Credentials): Promise<void> {
  const value = `${username} ${password}`;
  const head = `set login 0 0 ${String(Buffer.byteLength(value))}\r\n`;
  await conversation.write(`${head}${value}\r\n`, `${head}***\r\n`);
  const line = await conversation.readLine({ max: 4096 });
  if (line === 'STORED') return;
  const { peer } = conversation;
  const got = safeLine(line, 100);
  if (line.startsWith('CLIENT_ERROR'))
    fail('auth', 'auth', `${peer} refuses the user or password: ${got}`, { got });
  if (line.startsWith('SERVER_ERROR'))
    fail('status', 'auth', `${peer} answered the login with an error: ${got}`, { got });
  notMemcached(conversation, line);
}
