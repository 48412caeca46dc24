import { type ByteReader, Malformed } from './byte-reader.ts';
import { typeName } from './record-types.ts';

/** `192.0.2.1` */
export function ipv4Text(bytes: Buffer): string {
  return bytes.join('.');
}

/** `2001:db8::1` (RFC 5952), `::ffff:192.0.2.1` for a mapped one. */
export function ipv6Text(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2));
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff)
    return `::ffff:${ipv4Text(bytes.subarray(12))}`;
  const zeros = longestZeros(groups);
  const show = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  if (zeros.length < 2) return show(groups);
  return `${show(groups.slice(0, zeros.start))}::${show(groups.slice(zeros.start + zeros.length))}`;
}

function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start += 1) {
    let length = 0;
    while (groups[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
  }
  return best;
}

/** Upper case, as dig shows it. */
export function hex(bytes: Buffer): string {
  return bytes.toString('hex').toUpperCase();
}

const BASE32 = '0123456789ABCDEFGHIJKLMNOPQRSTUV';

/** RFC 4648 §7 without padding, as NSEC3 shows its hashes. */
export function base32(bytes: Buffer): string {
  let shown = '';
  let [bits, held] = [0, 0];
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      shown += BASE32[(held >> bits) & 31] ?? '';
    }
    held &= (1 << bits) - 1;
  }
  return bits === 0 ? shown : shown + (BASE32[(held << (5 - bits)) & 31] ?? '');
}

/** UTF-8 where it is that; other bytes as `\DDD` (RFC 1035 §5.1). */
export function plainText(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (!text.includes('\ufffd')) return text;
  return [...bytes]
    .map((byte) =>
      byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, '0')}`,
    )
    .join('');
}

/** `"issue"`, with quotes and backslashes inside escaped. */
export function quoted(bytes: Buffer): string {
  return `"${plainText(bytes).replace(/["\\]/g, '\\$&')}"`;
}

/** Seconds since 1970 as `20261231235959`, UTC (RFC 4034 §3.2). */
export function utcStamp(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\D/g, '').slice(0, 14);
}

/** The rest of an NSEC record: the types that the name has (RFC 4034 §4.1.2). */
export function typeBitmap(rdata: ByteReader): string {
  const names: string[] = [];
  let before = -1;
  while (rdata.left() > 0) {
    const window = rdata.u8();
    const bits = rdata.string();
    if (window <= before || bits.length === 0 || bits.length > 32)
      throw new Malformed('a bitmap of types is out of order');
    before = window;
    for (const [index, byte] of bits.entries()) {
      for (let bit = 0; bit < 8; bit += 1)
        if ((byte & (0x80 >> bit)) !== 0) names.push(typeName(window * 256 + index * 8 + bit));
    }
  }
  return names.join(' ');
}
