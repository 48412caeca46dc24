/**
 * BER as LDAP and SNMP use it: tags of one byte, definite lengths, at most 256 MiB. Source: ITU-T X.690 §8, RFC 4511 §5.1,
 * RFC 3417 §8.
 */
export interface Element {
  readonly tag: number;
  readonly content: Buffer;
}

/** Reads elements front to back. Every method throws what `broken` throws when the next one is not as it must be. */
export interface Elements {
  /** tag of the next element; null behind the last */
  peek(): number | null;
  /** The next element, whatever it is. */
  next(): Element;
  /** The content of the next element, which must have this tag. */
  content(tag: number): Buffer;
  /** What is inside the next element, which must have this tag. */
  inside(tag: number): Elements;
  /** INTEGER or ENUMERATED of up to six bytes. */
  integer(tag?: number): number;
  text(tag?: number): string;
}

export const BER = {
  boolean: 0x01,
  integer: 0x02,
  octets: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  sequence: 0x30,
  set: 0x31,
} as const;

export function readElements(buffer: Buffer, broken: () => never): Elements {
  let at = 0;
  const next = (): Element => {
    const head = readHead(buffer, at, broken);
    if (head === null || head.from + head.length > buffer.length) return broken();
    at = head.from + head.length;
    return { tag: head.tag, content: buffer.subarray(head.from, at) };
  };
  const content = (tag: number): Buffer => {
    const element = next();
    return element.tag === tag ? element.content : broken();
  };
  return {
    peek: () => buffer[at] ?? null,
    next,
    content,
    inside: (tag) => readElements(content(tag), broken),
    integer: (tag = BER.integer) => integerOf(content(tag), broken),
    text: (tag = BER.octets) => content(tag).toString('utf8'),
  };
}

/** Signed, of one to six bytes: what JavaScript counts exactly. */
export function integerOf(content: Buffer, broken: () => never): number {
  // a needless zero in front is wrong, but harmless
  const bytes = content.length > 6 && content.subarray(0, -6).every((byte) => byte === 0);
  if (content.length === 0 || (content.length > 6 && !bytes)) return broken();
  return content.length > 6
    ? content.readUIntBE(content.length - 6, 6)
    : content.readIntBE(0, content.length);
}

/** How many bytes the element has with which these begin; null while that cannot be told. For `readUntil`. */
export function elementLength(sofar: Buffer, broken: () => never): number | null {
  const head = readHead(sofar, 0, broken);
  return head === null ? null : head.from + head.length;
}

/** Null: there are not bytes enough. */
function readHead(
  buffer: Buffer,
  at: number,
  broken: () => never,
): { readonly tag: number; readonly from: number; readonly length: number } | null {
  const [tag, first] = [buffer[at], buffer[at + 1]];
  if (tag === undefined) return null;
  if ((tag & 0x1f) === 0x1f) return broken();
  if (first === undefined) return null;
  if (first < 0x80) return { tag, from: at + 2, length: first };
  const size = first & 0x7f;
  // 0x80 would be an indefinite length, which neither protocol allows.
  if (size === 0 || size > 5) return broken();
  if (buffer.length < at + 2 + size) return null;
  const length = buffer.readUIntBE(at + 2, size);
  return length > 2 ** 28 ? broken() : { tag, from: at + 2 + size, length };
}

/** One element: `ber(BER.sequence, berInteger(1), berText('a'))`. */
export function ber(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content]);
}

/** A whole number from −2⁴⁷ to 2⁴⁷ − 1 in as few bytes as hold it. */
export function berInteger(value: number, tag: number = BER.integer): Buffer {
  const whole = Buffer.alloc(6);
  whole.writeIntBE(value, 0, 6);
  let from = 0;
  while (from < 5 && isNeedless(whole[from], whole[from + 1])) from += 1;
  return ber(tag, whole.subarray(from));
}

export function berText(text: string, tag: number = BER.octets): Buffer {
  return ber(tag, Buffer.from(text, 'utf8'));
}

export function berBoolean(value: boolean): Buffer {
  return ber(BER.boolean, Buffer.from([value ? 0xff : 0]));
}

/** Nine equal bits in front say nothing (X.690 §8.3.2). */
function isNeedless(first = 0, second = 0): boolean {
  return (first === 0 && second < 0x80) || (first === 0xff && second >= 0x80);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const size = Math.ceil(length.toString(16).length / 2);
  const bytes = Buffer.alloc(size + 1);
  bytes[0] = 0x80 | size;
  bytes.writeUIntBE(length, 1, size);
  return bytes;
}
