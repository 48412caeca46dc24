import { createHash } from 'node:crypto';
import { fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import type { Credentials } from '../../wire/sasl.ts';
import type { Digest, Greeting } from './greeting.ts';
import { md4 } from './md4.ts';

/** Answers a challenge; the password itself is never sent. Source: rsync’s authenticate.c. */
export async function logIn(
  conversation: Conversation,
  challenge: string,
  credentials: Credentials | null,
  { digest }: Greeting,
): Promise<void> {
  if (credentials === null)
    return fail('auth', 'auth', `${conversation.peer} wants a login for the module, but the target has none`);
  const response = respond(credentials.password, challenge, digest);
  await conversation.write(`${credentials.username} ${response}\n`);
}

/** base64 without its padding. Before protocol 30 a seed of four zero bytes goes in first. */
function respond(password: string, challenge: string, digest: Digest): string {
  const text = Buffer.from(password + challenge, 'utf8');
  const hash =
    digest === 'md4' ? md4(Buffer.concat([Buffer.alloc(4), text])) : createHash(digest).update(text).digest();
  return hash.toString('base64').replaceAll('=', '');
}
