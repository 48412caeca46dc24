import { Fault, fail } from '../../prober.ts';
import {
  type Credentials,
  carryLogin,
  chooseMechanism,
  requireMechanism,
  requireProof,
  saslLogin,
} from '../../wire/sasl.ts';
import type { Capabilities } from './capabilities.ts';
import { refusal, showState } from './refusal.ts';
import { isQuotable, quote } from './quoted.ts';
import type { ImapDone, ImapReply, ImapSession } from './session.ts';

/**
 * Logs in: AUTHENTICATE with the first mechanism that both sides know, else the command LOGIN where the server does not
 * forbid it. Gives the answer, which may list capabilities.
 */
export async function login(
  session: ImapSession,
  capabilities: Capabilities,
  credentials: Credentials,
): Promise<ImapDone> {
  const underTls = session.conversation.tls() !== null;
  if (!capabilities.loginDisabled && chooseMechanism(capabilities.authMethods, underTls) === null)
    return accepted(await sayLogin(session, credentials), session, 'LOGIN');
  return authenticate(session, capabilities, credentials);
}

async function authenticate(
  session: ImapSession,
  { authMethods, initialResponse }: Capabilities,
  credentials: Credentials,
): Promise<ImapDone> {
  const { peer, tls } = session.conversation;
  const mechanism = requireMechanism(authMethods, tls() !== null, peer);
  const exchange = saslLogin(mechanism, credentials, peer);
  const command = `AUTHENTICATE ${mechanism}`;
  const reply = await carryLogin<ImapReply>(
    exchange,
    {
      initialResponse,
      begin: (_name, first) =>
        first === null
          ? session.ask(command)
          : // RFC 4959 §3: an empty one is written as a single equals sign
            session.ask(`${command} ${first === '' ? '=' : first}`, `${command} ***`),
      answer: (base64) => session.goOn(base64, '***'),
      challengeOf: (answer) => (answer.kind === 'more' ? answer.text : null),
    },
    peer,
  );
  const done = accepted(reply, session, command);
  requireProof(exchange, peer);
  return done;
}

/** The user and password as strings of IMAP: quoted, or as literals, which the server asks for one by one. */
async function sayLogin(session: ImapSession, { username, password }: Credentials): Promise<ImapReply> {
  let line = 'LOGIN';
  let shown = line;
  let send = session.ask;
  for (const [index, text] of [username, password].entries()) {
    const word = isQuotable(text) ? quote(text) : `{${String(Buffer.byteLength(text))}}`;
    line += ` ${word}`;
    shown += index === 1 ? ' ***' : ` ${word}`;
    if (isQuotable(text)) continue;
    const reply = await send(line, shown);
    if (reply.kind === 'done') return reply;
    send = session.goOn;
    line = text;
    shown = index === 1 ? '***' : text;
  }
  return send(line, shown);
}

/** Throws when the login is refused. */
function accepted(reply: ImapReply, { conversation: { peer } }: ImapSession, command: string): ImapDone {
  if (reply.kind === 'more') return fail('protocol', 'auth', `${peer} asks for more than ${command} has`);
  const { state } = reply;
  if (state.word === 'OK') return reply;
  if (state.word === 'BAD')
    return fail('protocol', 'auth', `${peer} does not understand ${command}: ${showState(state)}`);
  throw new Fault(
    refusal(state, peer, `refuses the login (${command})`, { phase: 'auth', otherwise: 'auth' }),
  );
}
