import { createHash } from 'node:crypto';
import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import { u32 } from '../../wire/bytes.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { type Scram, ScramBroken, scramLogin } from '../../wire/scram.ts';
import { message, zeroTerminated } from './messages.ts';
import type { PostgresPlan } from './postgres-options.ts';

/** The bare password, which needs TLS or the user’s leave. Throws auth without a password, as all of these do. */
export async function answerPassword(conversation: Conversation, plan: PostgresPlan): Promise<void> {
  const { peer } = conversation;
  const { password } = credentials(plan, peer, 'password');
  if (conversation.tls() === null && !plan.allowPlaintext)
    fail(
      'auth',
      'auth',
      `${peer} wants the bare password, which is not sent without TLS; set \`allow_plaintext: true\` if it may be`,
    );
  await answer(conversation, zeroTerminated(password));
}

/** `salt`: four bytes. */
export async function answerMd5(conversation: Conversation, plan: PostgresPlan, salt: Buffer): Promise<void> {
  const { username, password } = credentials(plan, conversation.peer, 'md5');
  const inner = md5(Buffer.from(password + username, 'utf8'));
  const outer = md5(Buffer.concat([Buffer.from(inner), salt.subarray(0, 4)]));
  await answer(conversation, zeroTerminated(`md5${outer}`));
}

/** `offer`: the names of mechanisms. */
export async function beginScram(
  conversation: Conversation,
  plan: PostgresPlan,
  offer: Buffer,
): Promise<Scram> {
  const { peer } = conversation;
  const mechanisms = offer
    .toString('latin1')
    .split('\0')
    .filter((name) => name !== '');
  if (!mechanisms.includes('SCRAM-SHA-256')) {
    const offered = mechanisms.length === 0 ? 'nothing' : safeLine(mechanisms.slice(0, 8).join(', '), 100);
    fail('auth', 'auth', `${peer} offers ${offered} to log in, expected SCRAM-SHA-256`);
  }
  const scram = scramLogin({ hash: 'sha256', ...credentials(plan, peer, 'scram-sha-256') });
  const first = Buffer.from(scram.first, 'utf8');
  await answer(conversation, Buffer.concat([zeroTerminated('SCRAM-SHA-256'), u32(first.length), first]));
  return scram;
}

export async function continueScram(conversation: Conversation, scram: Scram, data: Buffer): Promise<void> {
  try {
    await answer(conversation, Buffer.from(await scram.final(data.toString('utf8'))));
  } catch (error) {
    explainScram(error, conversation.peer);
  }
}

/** Throws when the server does not prove that it knows the password, too. */
export function endScram(scram: Scram, data: Buffer, peer: string): void {
  if (!provenBy(scram, data, peer))
    fail(
      'protocol',
      'auth',
      `${peer} does not know the password itself: is it the server that it should be?`,
    );
}

function provenBy(scram: Scram, data: Buffer, peer: string): boolean {
  try {
    return scram.proves(data.toString('utf8'));
  } catch (error) {
    return explainScram(error, peer);
  }
}

function explainScram(error: unknown, peer: string): never {
  if (!(error instanceof ScramBroken)) throw error;
  return fail('protocol', 'auth', `${peer} sent a step of SCRAM that is none: ${error.message}`);
}

/** Never in a transcript. */
async function answer(conversation: Conversation, body: Buffer): Promise<void> {
  await conversation.write(message('p', body), '***');
}

interface Credentials {
  readonly username: string;
  readonly password: string;
}

function credentials({ login }: PostgresPlan, peer: string, method: string): Credentials {
  const password = login?.password ?? null;
  if (login === null || password === null)
    return fail('auth', 'auth', `${peer} wants a password (${method}), and the target has none`);
  return { username: login.username, password };
}

function md5(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('hex');
}
