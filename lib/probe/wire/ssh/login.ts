import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import { string, uint32 } from './fields.ts';
import { MESSAGE } from './packets.ts';
import type { PrivateKey } from './private-key.ts';
import { type AuthAnswer, type Userauth, authRequest } from './userauth.ts';

/** Who logs in, and by what. A server may want both. */
export interface SshLogin {
  readonly user: string;
  readonly password: string | null;
  readonly key: PrivateKey | null;
}

type Attempt = (auth: Userauth, peer: string, login: SshLogin) => Promise<AuthAnswer>;

/**
 * Logs in by what the server offers, and gives the methods that did it, `publickey`. A password is tried once: where it is
 * not taken as such, by keyboard-interactive. Throws auth. Sources: RFC 4252 §7, §8; RFC 4256.
 */
export async function logIn(
  auth: Userauth,
  peer: string,
  login: SshLogin,
  offered: readonly string[],
): Promise<readonly string[]> {
  if (offered.length === 1 && offered[0] === 'none') return offered;
  const taken: string[] = [];
  const tried: string[] = [];
  const left = new Set([
    ...(login.key === null ? [] : ['key']),
    ...(login.password === null ? [] : ['password']),
  ]);
  let methods = offered;
  for (;;) {
    const next = nextAttempt(left, methods);
    if (next === null) return refuse(peer, login, { tried, taken, methods });
    left.delete(next.by);
    const answer = await next.attempt(auth, peer, login);
    if (answer.kind === 'success') return [...taken, next.method];
    if (answer.kind !== 'failure') return auth.packets.broken('answered the login by a message out of place');
    (answer.partial ? taken : tried).push(next.method);
    methods = answer.methods;
  }
}

const ATTEMPTS: readonly { readonly by: string; readonly method: string; readonly attempt: Attempt }[] = [
  { by: 'key', method: 'publickey', attempt: showKey },
  { by: 'password', method: 'password', attempt: givePassword },
  { by: 'password', method: 'keyboard-interactive', attempt: answerPrompts },
];

function nextAttempt(left: ReadonlySet<string>, methods: readonly string[]) {
  return ATTEMPTS.find(({ by, method }) => left.has(by) && methods.includes(method)) ?? null;
}

function refuse(
  peer: string,
  { user }: SshLogin,
  seen: {
    readonly tried: readonly string[];
    readonly taken: readonly string[];
    readonly methods: readonly string[];
  },
): never {
  const who = `${peer} does not let ${safeLine(user, 60)} in`;
  const offers = `it offers ${seen.methods.length === 0 ? 'nothing' : safeLine(seen.methods.join(', '), 120)}`;
  const after = seen.taken.length === 0 ? '' : ` after ${seen.taken.join(', ')}`;
  if (seen.tried.length > 0)
    return fail('auth', 'auth', `${who}: it refused ${seen.tried.join(', ')}${after} (${offers})`);
  return fail('auth', 'auth', `${who} by what is configured here${after}: ${offers}`);
}

/** Signs at once, without asking whether the key would do. */
async function showKey(auth: Userauth, _peer: string, { user, key }: SshLogin): Promise<AuthAnswer> {
  if (key === null) throw new Error('without a key publickey is not tried');
  const { algorithms } = auth;
  const usable = key.algorithms.filter((algorithm) => algorithms === null || algorithms.includes(algorithm));
  let answer: AuthAnswer = { kind: 'failure', methods: ['publickey'], partial: false };
  // Who does not say what it takes is tried with each, as a refusal does not tell a key from an algorithm.
  for (const algorithm of usable.slice(0, algorithms === null ? 3 : 1)) {
    const head = [authRequest(user, 'publickey'), Buffer.of(1), string(algorithm), string(key.blob)];
    const signature = key.sign(algorithm, Buffer.concat([string(auth.session), ...head]));
    answer = await auth.ask(user, 'publickey', ...head.slice(1), string(signature));
    if (answer.kind !== 'failure' || answer.partial || !answer.methods.includes('publickey')) return answer;
  }
  return answer;
}

async function givePassword(auth: Userauth, peer: string, { user, password }: SshLogin): Promise<AuthAnswer> {
  const answer = await auth.ask(user, 'password', Buffer.of(0), string(Buffer.from(password ?? '', 'utf8')));
  if (answer.kind !== 'of_method') return answer;
  const asked = safeLine(answer.fields.text(), 100);
  return fail(
    'auth',
    'auth',
    `${peer} wants another password of ${safeLine(user, 60)}, as this one has expired: ${asked}`,
  );
}

const MOST_ROUNDS = 5;

/** One prompt is answered with the password; whoever asks for more wants what nobody has configured. */
async function answerPrompts(
  auth: Userauth,
  peer: string,
  { user, password }: SshLogin,
): Promise<AuthAnswer> {
  let answer = await auth.ask(user, 'keyboard-interactive', string(''), string(''));
  let answered = false;
  for (let round = 0; round < MOST_ROUNDS && answer.kind === 'of_method'; round += 1) {
    const { fields } = answer;
    const [, instruction] = [fields.text(), fields.text(), fields.text()];
    const count = fields.uint32();
    const prompt = count === 0 ? '' : fields.text();
    if (count > 1 || (count === 1 && answered)) {
      const asked = safeLine(`${instruction} ${prompt}`, 100);
      return fail('auth', 'auth', `${peer} asks ${safeLine(user, 60)} for more than a password: ${asked}`);
    }
    answered ||= count === 1;
    const words = count === 0 ? [] : [string(Buffer.from(password ?? '', 'utf8'))];
    await auth.packets.write(
      Buffer.concat([Buffer.of(MESSAGE.userauthInfoResponse), uint32(count), ...words]),
    );
    answer = await auth.answer();
  }
  return answer;
}
