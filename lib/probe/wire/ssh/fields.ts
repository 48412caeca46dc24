/** Reads the data types of RFC 4251 §5 one after the other. Every method throws what `broken` throws when too little is left. */
export interface Fields {
  byte(): number;
  uint32(): number;
  string(): Buffer;
  text(): string;
  /** a comma-separated list; empty for an empty string */
  names(): string[];
  skip(bytes: number): void;
}

export function readFields(bytes: Buffer, broken: () => never): Fields {
  let at = 0;
  const take = (length: number): Buffer => {
    if (length > bytes.length - at) broken();
    at += length;
    return bytes.subarray(at - length, at);
  };
  const uint32 = () => take(4).readUInt32BE();
  const string = () => take(uint32());
  return {
    byte: () => take(1).readUInt8(),
    uint32,
    string,
    text: () => string().toString('latin1'),
    names() {
      const text = string().toString('latin1');
      return text === '' ? [] : text.split(',');
    },
    skip: (length) => void take(length),
  };
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function string(value: Buffer | string): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** A number that is not negative, from its big-endian bytes: no leading zeros but the one that keeps the sign. */
export function mpint(value: Buffer): Buffer {
  const digits = withoutZeros(value);
  const [first = 0] = digits;
  return string(first >= 0x80 ? Buffer.concat([Buffer.alloc(1), digits]) : digits);
}

export function withoutZeros(value: Buffer): Buffer {
  let from = 0;
  while (from < value.length && value[from] === 0) from += 1;
  return value.subarray(from);
}
