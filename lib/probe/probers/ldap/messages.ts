import { isUtf8 } from 'node:buffer';
import { safeLine } from '../../../words/safe-text.ts';
import { Fault, fail } from '../../prober.ts';
import { BER, type Elements, ber, berInteger, elementLength, readElements } from '../../wire/ber.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { explainResult } from './result-codes.ts';

/** What an operation ended with. Source: RFC 4511 §4.1.9. */
export interface LdapResult {
  readonly code: number;
  readonly matchedDn: string;
  /** the server’s words; may be empty */
  readonly diagnostic: string;
  /** URLs where it sends us instead */
  readonly referrals: readonly string[];
}

export interface Entry {
  readonly dn: string;
  /** in the server’s order; a value that is no UTF-8 as base64 */
  readonly attributes: readonly { readonly name: string; readonly values: readonly string[] }[];
}

export type Response =
  | { readonly kind: 'entry'; readonly entry: Entry }
  | { readonly kind: 'reference'; readonly urls: readonly string[] }
  | { readonly kind: 'intermediate' }
  | { readonly kind: 'result'; readonly op: number; readonly result: LdapResult };

export const OP = {
  bind: 0x60,
  bound: 0x61,
  unbind: 0x42,
  search: 0x63,
  entry: 0x64,
  searched: 0x65,
  reference: 0x73,
  extended: 0x77,
  extendedDone: 0x78,
  intermediate: 0x79,
} as const;

const MAX_MESSAGE = 2 ** 20;
const MAX_LISTED = 1000;

/** Sends one request. `shown`: the operation for a transcript, where it holds a secret. */
export async function send(
  conversation: Conversation,
  id: number,
  operation: Buffer,
  shown = operation,
): Promise<void> {
  const message = (op: Buffer) => ber(BER.sequence, berInteger(id), op);
  await conversation.write(message(operation), message(shown));
}

/** Reads what is said to request `id`. Throws: protocol when it is no LDAP, and what a conversation throws. */
export async function readResponse(conversation: Conversation, id: number): Promise<Response> {
  const broken = () => notLdap(conversation);
  const bytes = await conversation.readUntil((sofar) => {
    if (sofar[0] !== BER.sequence) return broken();
    const length = elementLength(sofar, broken);
    if (length !== null && length > MAX_MESSAGE) tooLarge(conversation, length);
    return length;
  }, MAX_MESSAGE);
  const message = readElements(bytes, broken).inside(BER.sequence);
  const of = message.integer();
  const response = responseOf(message, broken);
  if (of === 0 && response.kind === 'result') return disconnected(conversation, response.result);
  if (of !== id) {
    const text = `${conversation.peer} answers request ${String(of)}, expected an answer to request ${String(id)}`;
    return fail('protocol', 'protocol', text);
  }
  return response;
}

/** The same for a request that is answered by a result alone. */
export async function readResult(conversation: Conversation, id: number, op: number): Promise<LdapResult> {
  const response = await readResponse(conversation, id);
  if (response.kind !== 'result' || response.op !== op) return outOfOrder(conversation, response);
  return response.result;
}

export function outOfOrder({ peer }: Conversation, { kind }: Response): never {
  return fail('protocol', 'protocol', `${peer} sends an answer out of order (${kind})`);
}

function responseOf(message: Elements, broken: () => never): Response {
  const { tag, content } = message.next();
  const inside = readElements(content, broken);
  switch (tag) {
    case OP.entry:
      return { kind: 'entry', entry: entryOf(inside) };
    case OP.reference:
      return { kind: 'reference', urls: textsOf(inside, BER.octets) };
    case OP.intermediate:
      return { kind: 'intermediate' };
    case OP.bound:
    case OP.searched:
    case OP.extendedDone:
      return { kind: 'result', op: tag, result: resultOf(inside) };
    default:
      return broken();
  }
}

function resultOf(inside: Elements): LdapResult {
  return {
    code: inside.integer(BER.enumerated),
    matchedDn: safeLine(inside.text(), 200),
    diagnostic: safeLine(inside.text(), 200),
    referrals: inside.peek() === 0xa3 ? textsOf(inside.inside(0xa3), BER.octets) : [],
  };
}

function entryOf(inside: Elements): Entry {
  const dn = inside.text();
  const attributes: { name: string; values: readonly string[] }[] = [];
  const list = inside.inside(BER.sequence);
  while (list.peek() !== null && attributes.length < MAX_LISTED) {
    const attribute = list.inside(BER.sequence);
    const name = attribute.text();
    attributes.push({ name, values: valuesOf(attribute.inside(BER.set)) });
  }
  return { dn, attributes };
}

function valuesOf(list: Elements): string[] {
  const values: string[] = [];
  while (list.peek() !== null && values.length < MAX_LISTED) {
    const bytes = list.content(BER.octets);
    values.push(bytes.toString(isUtf8(bytes) ? 'utf8' : 'base64'));
  }
  return values;
}

function textsOf(list: Elements, tag: number): string[] {
  const texts: string[] = [];
  while (list.peek() !== null && texts.length < 20) texts.push(safeLine(list.text(tag), 300));
  return texts;
}

/** Notice of Disconnection (RFC 4511 §4.4.1): the server says why it hangs up. */
function disconnected({ peer }: Conversation, result: LdapResult): never {
  throw new Fault(explainResult(result, peer, 'hangs up', 'protocol'));
}

function notLdap(conversation: Conversation): never {
  const text = `${conversation.peer} does not speak LDAP: what it sends is no LDAP message`;
  return fail('protocol', 'protocol', text, { expected: 'an LDAP message' });
}

function tooLarge({ peer }: Conversation, length: number): never {
  const text = `${peer} sends an answer of ${String(length)} bytes, expected at most ${String(MAX_MESSAGE)}: ask for fewer attributes`;
  return fail('too_large', 'protocol', text);
}
