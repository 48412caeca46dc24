import { safeLine } from '../../../words/safe-text.ts';
import { Fault, fail } from '../../prober.ts';
import { i32 } from '../../wire/bytes.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { message, notPostgres, readMessage } from './messages.ts';
import { explainRefusal, parseRefusal } from './refusal.ts';

/** 1234 and 5679 in its halves: no version of the protocol. */
const SSL_REQUEST = 80_877_103;
const MAX_OLD_ERROR = 1024;

/**
 * Asks for TLS and has it where the server says yes; gives whether it did. Throws: tls_handshake when it says no
 * though it must not. Source: postgresql.org, “SSL Session Encryption”, 55.2.10.
 */
export async function secure(conversation: Conversation, must: boolean): Promise<boolean> {
  const { peer } = conversation;
  await conversation.write(message('', i32(SSL_REQUEST)));
  const answer = (await conversation.readExactly(1)).toString('latin1');
  switch (answer) {
    case 'S':
      await refuseSsh(conversation);
      await conversation.startTls();
      return true;
    case 'N':
      if (must) fail('tls_handshake', 'tls', `${peer} does not offer TLS, which is required here`);
      return false;
    case 'E':
      return refused(conversation);
    default:
      return notPostgres(conversation, answer);
  }
}

/** `SSH-2.0-…` begins like a yes. */
async function refuseSsh(conversation: Conversation): Promise<void> {
  if (conversation.buffered() === 0) return;
  const more = (await conversation.read()) ?? Buffer.alloc(0);
  if (more.toString('latin1', 0, 3) === 'SH-') {
    conversation.unread(more);
    await notPostgres(conversation, 'S');
  }
  conversation.unread(more);
}

/**
 * An error instead of an answer: before it has read anything a server complains in the form of old, a text without a
 * length, as when it cannot start another process.
 */
async function refused(conversation: Conversation): Promise<never> {
  const { peer } = conversation;
  const start = await conversation.readExactly(1);
  conversation.unread(start);
  // The length of an error begins with NUL.
  if (start[0] === 0) {
    conversation.unread(Buffer.from('E'));
    const { body } = await readMessage(conversation, 'E');
    throw new Fault(explainRefusal(parseRefusal(body), peer, 'the request for TLS'));
  }
  const bytes = await conversation.readUntil((sofar) => endOf(sofar), MAX_OLD_ERROR);
  const got = safeLine(bytes.toString('utf8'));
  if (!got.startsWith('could not fork')) return notPostgres(conversation, `E${got}`);
  return fail('overloaded', 'protocol', `${peer} cannot take another connection: ${got}`, { got });
}

function endOf(text: Buffer): number | null {
  const end = text.indexOf(0);
  return end === -1 ? null : end;
}
