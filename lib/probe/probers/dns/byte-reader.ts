/** The message does not keep to RFC 1035. `message` says why, in puptime’s own words. */
export class Malformed extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Malformed';
  }
}

/** Reads a stretch of a DNS message front to back. Everything that does not fit throws Malformed. */
export interface ByteReader {
  /** bytes that are left */
  left(): number;
  u8(): number;
  u16(): number;
  u32(): number;
  bytes(length: number): Buffer;
  /** A length byte and so many bytes (RFC 1035 §3.3, character-string). */
  string(): Buffer;
  /** A domain name, perhaps compressed: presentation form in lower case without its final dot, the root as `.`. */
  name(): string;
  /** The next so many bytes as a stretch of their own: names in it may still point back to the whole message. */
  part(length: number): ByteReader;
}

/** A name has at most 127 labels, and a pointer is only needed between two of them (RFC 1035 §4.1.4). */
const MOST_POINTERS = 127;
const LONGEST_NAME = 255;

export function readBytes(message: Buffer, from = 0, end = message.length): ByteReader {
  let at = from;
  const take = (length: number): number => {
    if (at + length > end) throw new Malformed('it ends in the middle of a field');
    at += length;
    return at - length;
  };
  const bytes = (length: number): Buffer => {
    const start = take(length);
    return message.subarray(start, start + length);
  };
  const u8 = () => message.readUInt8(take(1));
  return {
    left: () => end - at,
    u8,
    u16: () => message.readUInt16BE(take(2)),
    u32: () => message.readUInt32BE(take(4)),
    bytes,
    string: () => bytes(u8()),
    name() {
      const { name, length } = readName(message, at, end);
      at += length;
      return name;
    },
    part(length) {
      const start = take(length);
      return readBytes(message, start, start + length);
    },
  };
}

/** Labels up to the first pointer lie before `end`; pointers lead back only, each further than the last. */
function readName(message: Buffer, from: number, end: number): { name: string; length: number } {
  const labels: string[] = [];
  let [at, limit, before] = [from, end, from];
  let size = 1;
  let pointers = 0;
  let length: number | null = null;
  for (;;) {
    const head = at < limit ? (message[at] ?? 0) : outOfBounds();
    if (head === 0) break;
    if (head >= 0xc0) {
      const low = at + 1 < limit ? (message[at + 1] ?? 0) : outOfBounds();
      length ??= at + 2 - from;
      at = ((head & 0x3f) << 8) | low;
      pointers += 1;
      if (at >= before) throw new Malformed('a name points forward or to itself');
      if (pointers > MOST_POINTERS) throw new Malformed('a name is made of too many pointers');
      [before, limit] = [at, message.length];
      continue;
    }
    if (head >= 0x40) throw new Malformed('a label is of an unknown kind');
    size += head + 1;
    if (size > LONGEST_NAME) throw new Malformed(`a name is longer than ${String(LONGEST_NAME)} bytes`);
    if (at + 1 + head > limit) outOfBounds();
    labels.push(showLabel(message.subarray(at + 1, at + 1 + head)));
    at += head + 1;
  }
  return { name: labels.length === 0 ? '.' : labels.join('.'), length: length ?? at + 1 - from };
}

function outOfBounds(): never {
  throw new Malformed('it ends in the middle of a name');
}

/** Characters that mean something else in a zone file are escaped (RFC 1035 §5.1). */
function showLabel(label: Buffer): string {
  const plain = label.toString('latin1').toLowerCase();
  if (/^[a-z0-9_*/-]+$/.test(plain)) return plain;
  return Array.from(plain, (character) => {
    if (/[".;\\()@$]/.test(character)) return `\\${character}`;
    return /[!-~]/.test(character) ? character : `\\${String(character.charCodeAt(0)).padStart(3, '0')}`;
  }).join('');
}
