import type { Code } from '../../../words/reason.ts';
import {
  type Credentials,
  carryLogin,
  chooseMechanism,
  requireMechanism,
  requireProof,
  saslLogin,
} from '../../wire/sasl.ts';
import type { StatusReply } from '../../wire/status-reply.ts';
import type { Capabilities } from './capabilities.ts';
import { type Session, ask, refuse } from './reply.ts';

/** Under TLS by AUTHINFO USER where that is offered; else, and without TLS, by SASL where there is a mechanism. Source: RFC 4643. */
export async function logIn(
  session: Session,
  capabilities: Capabilities,
  credentials: Credentials,
): Promise<void> {
  const underTls = session.conversation.tls() !== null;
  const kinds = capabilities.of('AUTHINFO');
  // A server that lists nothing may still know what was there before RFC 4643.
  const byUser = kinds.includes('USER') || !kinds.includes('SASL');
  const bySasl = kinds.includes('SASL') && chooseMechanism(capabilities.of('SASL'), underTls) !== null;
  if (byUser && (underTls || !bySasl)) await logInByUser(session, credentials);
  else await logInBySasl(session, capabilities, credentials, underTls);
}

async function logInByUser(session: Session, { username, password }: Credentials): Promise<void> {
  const user = await ask(session, `AUTHINFO USER ${username}`);
  if (user.code === 281) return;
  if (user.code !== 381) turnAway(session, user);
  const pass = await ask(session, `AUTHINFO PASS ${password}`, 'AUTHINFO PASS ***');
  if (pass.code !== 281) turnAway(session, pass);
}

async function logInBySasl(
  session: Session,
  capabilities: Capabilities,
  credentials: Credentials,
  underTls: boolean,
): Promise<void> {
  const { peer } = session.conversation;
  const mechanism = requireMechanism(capabilities.of('SASL'), underTls, peer);
  const exchange = saslLogin(mechanism, credentials, peer);
  const reply = await carryLogin(
    exchange,
    {
      initialResponse: true,
      begin: (name, first) => {
        const command = `AUTHINFO SASL ${name}`;
        if (first === null) return ask(session, command);
        return ask(session, `${command} ${first === '' ? '=' : first}`, `${command} ***`);
      },
      answer: (base64) => ask(session, base64 === '' ? '=' : base64, '***'),
      challengeOf: ({ code, lines }) => {
        if (code !== 383) return null;
        return lines[0] === '=' ? '' : (lines[0] ?? '');
      },
    },
    peer,
  );
  // 283 brings the server’s last word along.
  if (reply.code === 283) await exchange.answer(Buffer.from(reply.lines[0] ?? '', 'base64'));
  else if (reply.code !== 281) turnAway(session, reply);
  requireProof(exchange, peer);
}

const REFUSALS: readonly number[] = [452, 480, 481, 482, 483, 502];

function turnAway(session: Session, reply: StatusReply): never {
  const code: Code = REFUSALS.includes(reply.code) ? 'auth' : 'status';
  return refuse(session, reply, 'refuses the login', { code, phase: 'auth' });
}
