import { type Bytes, readBytes, u16, u32 } from '../../wire/bytes.ts';

/** An answer to a binding request. Source: RFC 8489 §5, §14. */
export interface StunMessage {
  readonly type: number;
  readonly transaction: Buffer;
  /** the first of each type, as RFC 8489 §14 wants it */
  readonly attributes: ReadonlyMap<number, Buffer>;
}

export interface TransportAddress {
  readonly ip: string;
  readonly port: number;
}

export const BINDING = { request: 0x0001, success: 0x0101, error: 0x0111 } as const;
export const ATTRIBUTE = {
  mappedAddress: 0x0001,
  errorCode: 0x0009,
  xorMappedAddress: 0x0020,
  software: 0x8022,
  alternateServer: 0x8023,
  otherAddress: 0x802c,
} as const;

const COOKIE = 0x2112_a442;
const HEADER = 20;
/** of a message that comes in one datagram there cannot be more */
const MOST_ATTRIBUTES = 100;

/** A binding request without attributes. `transaction` has 12 bytes. */
export function encodeBinding(transaction: Buffer): Buffer {
  return Buffer.concat([u16(BINDING.request), u16(0), u32(COOKIE), transaction]);
}

/** `broken` throws when it is no message of STUN. */
export function readMessage(datagram: Buffer, broken: () => never): StunMessage {
  const bytes = readBytes(datagram, broken);
  const [type, length, cookie] = [bytes.u16(), bytes.u16(), bytes.u32()];
  if ((type & 0xc000) !== 0 || cookie !== COOKIE || length % 4 !== 0 || length !== datagram.length - HEADER)
    return broken();
  return { type, transaction: bytes.bytes(12), attributes: readAttributes(bytes, broken) };
}

/** What an address attribute says; `transaction` undoes the XOR, null where there is none. Source: RFC 8489 §14.1, §14.2. */
export function readAddress(
  value: Buffer,
  transaction: Buffer | null,
  broken: () => never,
): TransportAddress {
  const bytes = readBytes(value, broken);
  // reserved
  bytes.u8();
  const family = bytes.u8();
  const mask = transaction === null ? Buffer.alloc(16) : Buffer.concat([u32(COOKIE), transaction]);
  const port = bytes.u16() ^ mask.readUInt16BE();
  if (family !== 1 && family !== 2) return broken();
  const address = bytes.bytes(family === 1 ? 4 : 16).map((byte, at) => byte ^ (mask[at] ?? 0));
  return { ip: family === 1 ? address.join('.') : textOfIpv6(Buffer.from(address)), port };
}

/** Code and words. Source: RFC 8489 §14.8. */
export function readErrorCode(
  value: Buffer,
  broken: () => never,
): { readonly code: number; readonly reason: string } {
  const bytes = readBytes(value, broken);
  bytes.u16();
  const [hundreds, rest] = [bytes.u8() & 7, bytes.u8()];
  if (hundreds < 3 || hundreds > 6 || rest > 99) return broken();
  return { code: hundreds * 100 + rest, reason: bytes.rest().toString('utf8') };
}

function readAttributes(bytes: Bytes, broken: () => never): Map<number, Buffer> {
  const attributes = new Map<number, Buffer>();
  for (let count = 0; bytes.left() > 0; count += 1) {
    if (count >= MOST_ATTRIBUTES) return broken();
    const [type, length] = [bytes.u16(), bytes.u16()];
    const value = bytes.bytes(length);
    // filled up to a multiple of four
    bytes.bytes(Math.min((4 - (length % 4)) % 4, bytes.left()));
    if (!attributes.has(type)) attributes.set(type, value);
  }
  return attributes;
}

/** In the short form of RFC 5952. */
function textOfIpv6(address: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, at) => address.readUInt16BE(at * 2).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
