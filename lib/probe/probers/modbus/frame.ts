import { randomInt } from 'node:crypto';
import { fail } from '../../prober.ts';
import { readBytes, u16, u8 } from '../../wire/bytes.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { explainSilence } from '../../wire/silence.ts';

/** What a device says to a request: data, or the code of an exception. */
export type Answer =
  { readonly kind: 'data'; readonly data: Buffer } | { readonly kind: 'exception'; readonly code: number };

/** Bytes before the unit: transaction, protocol, length. */
const HEADER = 6;
/** The longest function and data there is, with the unit in front. */
const MAX_LENGTH = 254;

/** Asks a unit to carry out a function. Source: MODBUS Messaging on TCP/IP Implementation Guide V1.0b §3. */
export async function ask(
  conversation: Conversation,
  unit: number,
  { code, data }: { readonly code: number; readonly data: Buffer },
): Promise<Answer> {
  // Nothing that another protocol begins with.
  const transaction = u16(randomInt(0x8000, 0xffff));
  const rest = Buffer.concat([u8(unit), u8(code), data]);
  await conversation.write(Buffer.concat([transaction, u16(0), u16(rest.length), rest]));
  const broken = (): never => notModbus(conversation, code);
  const answered = conversation.readUntil((sofar) => {
    const seen = sofar.subarray(0, 2);
    return seen.equals(transaction.subarray(0, seen.length)) ? HEADER : broken();
  }, HEADER);
  const head = await answered.catch(explainSilence(`unit ${String(unit)} may not be there`));
  const fields = readBytes(head.subarray(2), broken);
  const [protocol, length] = [fields.u16(), fields.u16()];
  if (protocol !== 0 || length < 3 || length > MAX_LENGTH) return broken();
  const answer = readBytes(await conversation.readExactly(length), broken);
  // A gateway answers for the unit that was asked, and some devices for any: only the function is told by it.
  answer.u8();
  const done = answer.u8();
  if (done === (code | 0x80)) return { kind: 'exception', code: answer.u8() };
  return done === code ? { kind: 'data', data: answer.rest() } : broken();
}

function notModbus({ peer }: Conversation, code: number): never {
  const text = `${peer} does not speak Modbus/TCP: what it sends is no answer to function ${String(code)}`;
  return fail('protocol', 'protocol', text, { expected: 'an answer with the number of the request' });
}
