/**
 * Reads a stretch of bytes front to back, for protocols in binary. Every method throws what `broken` throws when too
 * little is left. Numbers are big-endian unless their name ends in `LE`.
 */
export interface Bytes {
  /** bytes that are left */
  left(): number;
  u8(): number;
  u16(): number;
  u16LE(): number;
  u24LE(): number;
  i16(): number;
  u32(): number;
  u32LE(): number;
  i32(): number;
  i32LE(): number;
  u64(): bigint;
  u64LE(): bigint;
  bytes(length: number): Buffer;
  /** So many bytes as UTF-8; what is none of it is replaced. */
  text(length: number): string;
  /** Up to the next NUL, which is taken too; what is left when there is none is broken. */
  zeroTerminated(): string;
  /** Everything that is left. */
  rest(): Buffer;
}

export function readBytes(buffer: Buffer, broken: () => never): Bytes {
  let at = 0;
  const take = (length: number): number => {
    if (length < 0 || length > buffer.length - at) broken();
    at += length;
    return at - length;
  };
  const bytes = (length: number): Buffer => {
    const from = take(length);
    return buffer.subarray(from, from + length);
  };
  return {
    left: () => buffer.length - at,
    u8: () => buffer.readUInt8(take(1)),
    u16: () => buffer.readUInt16BE(take(2)),
    u16LE: () => buffer.readUInt16LE(take(2)),
    u24LE: () => buffer.readUIntLE(take(3), 3),
    i16: () => buffer.readInt16BE(take(2)),
    u32: () => buffer.readUInt32BE(take(4)),
    u32LE: () => buffer.readUInt32LE(take(4)),
    i32: () => buffer.readInt32BE(take(4)),
    i32LE: () => buffer.readInt32LE(take(4)),
    u64: () => buffer.readBigUInt64BE(take(8)),
    u64LE: () => buffer.readBigUInt64LE(take(8)),
    bytes,
    text: (length) => bytes(length).toString('utf8'),
    zeroTerminated() {
      const end = buffer.indexOf(0, at);
      if (end === -1) broken();
      const text = bytes(end - at).toString('utf8');
      take(1);
      return text;
    },
    rest: () => bytes(buffer.length - at),
  };
}

/** Numbers as bytes, big-endian unless the name ends in `LE`: `Buffer.concat([u8(1), u16(80)])`. */
export const u8 = (value: number): Buffer => Buffer.from([value]);
export const u16 = (value: number): Buffer => written(2, (bytes) => bytes.writeUInt16BE(value));
export const u16LE = (value: number): Buffer => written(2, (bytes) => bytes.writeUInt16LE(value));
export const u32 = (value: number): Buffer => written(4, (bytes) => bytes.writeUInt32BE(value));
export const u32LE = (value: number): Buffer => written(4, (bytes) => bytes.writeUInt32LE(value));
export const i32 = (value: number): Buffer => written(4, (bytes) => bytes.writeInt32BE(value));

function written(length: number, write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(length);
  write(bytes);
  return bytes;
}
