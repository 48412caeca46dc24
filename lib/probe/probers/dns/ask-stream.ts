import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { matchAnswer } from './match-answer.ts';
import type { DnsMessage } from './message.ts';
import type { Query } from './query.ts';

/** Asks over TCP or TLS, where two bytes of length go before each message (RFC 7766 §8, RFC 7858). */
export async function askStream(conversation: Conversation, query: Query): Promise<DnsMessage> {
  const { peer } = conversation;
  const framed = Buffer.alloc(2 + query.bytes.length);
  framed.writeUInt16BE(query.bytes.length, 0);
  query.bytes.copy(framed, 2);
  await conversation.write(framed);
  const answer = await conversation.readUntil((sofar) => {
    const strange = strangerOf(sofar, query.id);
    if (strange !== null) fail('protocol', 'protocol', `${peer} does not answer in DNS: ${strange}`);
    return sofar.length < 2 ? null : 2 + sofar.readUInt16BE(0);
  }, LONGEST);
  const matched = matchAnswer(answer.subarray(2), query);
  if (matched.kind !== 'answer')
    return fail('protocol', 'protocol', `${peer} sent a wrong answer: ${safeLine(matched.why, 250)}`);
  if (matched.message.flags.includes('tc'))
    fail(
      'truncated',
      'protocol',
      `${peer} cuts its answer short even over ${conversation.tls() ? 'TLS' : 'TCP'}`,
    );
  return matched.message;
}

const LONGEST = 2 + 65_535;

/** What shows in the first bytes that this is no answer to the query; null while it may be one. */
function strangerOf(sofar: Buffer, id: number): string | null {
  const text = sofar.toString('latin1', 0, 4);
  const seen = `it begins with "${safeLine(text, 8)}"`;
  if (sofar.length >= 2 && sofar.readUInt16BE(0) < 12)
    return `a message of ${String(sofar.readUInt16BE(0))} bytes, expected at least 12`;
  if (sofar.length >= 4 && sofar.readUInt16BE(2) !== id)
    return /^[\x20-\x7e]{4}$/.test(text) ? seen : 'its id is not the one that was sent';
  if (sofar.length >= 5 && ((sofar[4] ?? 0) & 0x80) === 0)
    return 'it is a question itself, expected an answer';
  return null;
}
