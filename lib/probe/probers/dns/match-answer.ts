import { type DnsMessage, decodeMessage } from './message.ts';
import type { Query } from './query.ts';
import { rcodeName, typeName } from './record-types.ts';

/** What a message is to a query. */
export type Matched =
  | { readonly kind: 'answer'; readonly message: DnsMessage }
  /** an answer, but to something else: late, doubled or forged */
  | { readonly kind: 'stranger'; readonly why: string }
  /** none of DNS */
  | { readonly kind: 'garbage'; readonly why: string };

/** An answer has the id of the query and repeats its question (RFC 5452 §9.1), in upper or lower case. */
export function matchAnswer(bytes: Buffer, { id, question }: Query): Matched {
  const decoded = decodeMessage(bytes);
  if (!decoded.ok) return { kind: 'garbage', why: decoded.why };
  const { message } = decoded;
  if (message.opcode !== 0)
    return { kind: 'garbage', why: `it answers operation ${String(message.opcode)}, expected a query (0)` };
  if (message.id !== id) return { kind: 'stranger', why: 'its id is not the one that was sent' };
  // Servers that could not read the question may leave it out.
  if (message.questions.length === 0 && message.rcode !== 0) return { kind: 'answer', message };
  const [asked] = message.questions;
  if (asked === undefined || message.questions.length > 1) {
    const count = message.questions.length;
    return {
      kind: 'garbage',
      why: `it repeats ${String(count)} questions with ${rcodeName(message.rcode)}, expected one`,
    };
  }
  if (asked.name === question.name && asked.type === question.type && asked.class === question.class)
    return { kind: 'answer', message };
  return {
    kind: 'stranger',
    why: `it answers for ${asked.name} ${typeName(asked.type)}, expected ${question.name} ${typeName(question.type)}`,
  };
}
