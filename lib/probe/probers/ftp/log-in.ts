import type { Credentials } from '../../wire/sasl.ts';
import type { StatusReply } from '../../wire/status-reply.ts';
import { fail } from '../../prober.ts';
import { type Session, ask, refuse } from './reply.ts';

const ANONYMOUS: Credentials = { username: 'anonymous', password: 'puptime@' };
/** Refusals of who logs in; others are the server’s own trouble. */
const REFUSALS: readonly number[] = [430, 530, 532, 534, 550];

/** USER and PASS; without credentials as anonymous, where any address is a password. Source: RFC 959 §5.4, RFC 1635. */
export async function logIn(session: Session, credentials: Credentials | null): Promise<void> {
  const { username, password } = credentials ?? ANONYMOUS;
  const user = await ask(session, `USER ${username}`);
  // 230: no password is wanted; 232: TLS has told who we are (RFC 2228).
  if (user.code === 230 || user.code === 232) return;
  if (user.code !== 331) turnAway(session, user, credentials);
  const pass = await ask(session, `PASS ${password}`, credentials === null ? undefined : 'PASS ***');
  if (pass.code !== 230 && pass.code !== 202) turnAway(session, pass, credentials);
}

function turnAway(session: Session, reply: StatusReply, credentials: Credentials | null): never {
  const { peer } = session.conversation;
  if (reply.code === 332)
    fail('auth', 'auth', `${peer} wants an account besides user and password (ACCT), which puptime has not`);
  const what = credentials === null ? 'refuses anonymous users' : 'refuses the login';
  const code = REFUSALS.includes(reply.code) ? 'auth' : 'status';
  return refuse(session, reply, what, { code, phase: 'auth' });
}
