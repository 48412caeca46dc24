import { isUtf8 } from 'node:buffer';
import type { Json } from '../../../words/json.ts';
import { BER, type Element, integerOf } from '../../wire/ber.ts';
import { decodeOid } from './oid.ts';

/** What stands for a value where there is none: noSuchObject, noSuchInstance, endOfMibView (RFC 3416 §2.5). */
const ABSENT: readonly number[] = [0x80, 0x81, 0x82];
const TYPE = {
  ipAddress: 0x40,
  counter32: 0x41,
  gauge32: 0x42,
  timeTicks: 0x43,
  opaque: 0x44,
  counter64: 0x46,
} as const;
const MAX_TEXT = 4096;

/** The value of a variable; undefined when there is none. Text is text, other octets are hex: `00:1b:21`. */
export function valueOf({ tag, content }: Element, broken: () => never): Json | undefined {
  if (ABSENT.includes(tag)) return undefined;
  switch (tag) {
    case BER.integer:
      return integerOf(content, broken);
    case BER.octets:
      return textOf(content);
    case BER.null:
      return null;
    case BER.oid:
      return decodeOid(content, broken);
    case TYPE.ipAddress:
      return content.length === 4 ? [...content].join('.') : hexOf(content);
    case TYPE.counter32:
    case TYPE.gauge32:
    case TYPE.timeTicks:
    case TYPE.counter64:
      return unsignedOf(content, broken);
    case TYPE.opaque:
      return opaqueOf(content);
    default:
      return broken();
  }
}

/** What is too large for a number is text. Some agents forget the zero that makes the first bit no sign. */
function unsignedOf(content: Buffer, broken: () => never): number | string {
  if (content.length === 0 || content.length > 9) return broken();
  const value = BigInt(`0x${content.toString('hex')}`);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString();
}

function textOf(content: Buffer): string {
  const text = content.subarray(0, MAX_TEXT);
  // Control characters but line ends and tabs are no text; a NUL at the end is a string of C.
  const bare = text.at(-1) === 0 ? text.subarray(0, -1) : text;
  const isText =
    isUtf8(bare) &&
    !bare.some((byte) => (byte < 32 && !'\t\r\n'.includes(String.fromCharCode(byte))) || byte === 127);
  return isText ? bare.toString('utf8') : hexOf(text);
}

/** A float in a wrapping of net-snmp’s own (laLoadFloat). */
function opaqueOf(content: Buffer): number | string {
  const isFloat = content.length === 7 && content.subarray(0, 3).equals(Buffer.from([0x9f, 0x78, 0x04]));
  return isFloat ? Number(content.readFloatBE(3).toPrecision(7)) : hexOf(content.subarray(0, MAX_TEXT));
}

function hexOf(content: Buffer): string {
  return content.toString('hex').replace(/..(?=.)/g, '$&:');
}
