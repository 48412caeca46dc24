import { type Bytes, i32, readBytes, u8 } from '../../wire/bytes.ts';

/** A value of a document. Dates are milliseconds since 1970; what puptime has no use for is null. */
export type Bson = null | boolean | number | string | Buffer | readonly Bson[] | Document;
export interface Document {
  get(name: string): Bson | undefined;
  has(name: string): boolean;
  entries(): IterableIterator<[string, Bson]>;
  values(): IterableIterator<Bson>;
}

/** What puptime sends: a number is an int32, a Buffer binary data. */
export type Written = number | string | boolean | Buffer | { readonly [name: string]: Written };

const DEEPEST = 32;

/** Source: bsonspec.org, version 1.1. The order of the keys is kept: the first one is the command. */
export function encodeDocument(document: { readonly [name: string]: Written }): Buffer {
  const elements = Object.entries(document).map(([name, value]) => {
    const [type, bytes] = encodeValue(value);
    return Buffer.concat([u8(type), Buffer.from(`${name}\0`), bytes]);
  });
  const body = Buffer.concat([...elements, u8(0)]);
  return Buffer.concat([i32LE(body.length + 4), body]);
}

function encodeValue(value: Written): readonly [type: number, bytes: Buffer] {
  if (typeof value === 'number') return [0x10, i32LE(value)];
  if (typeof value === 'boolean') return [0x08, u8(value ? 1 : 0)];
  if (Buffer.isBuffer(value)) return [0x05, Buffer.concat([i32LE(value.length), u8(0), value])];
  if (typeof value !== 'string') return [0x03, encodeDocument(value)];
  const text = Buffer.from(`${value}\0`, 'utf8');
  return [0x02, Buffer.concat([i32LE(text.length), text])];
}

function i32LE(value: number): Buffer {
  return i32(value).reverse();
}

/** Throws what `broken` throws for what is no document, or one that is too deep. */
export function decodeDocument(bytes: Buffer, broken: () => never): Document {
  return readDocument(readBytes(bytes, broken), broken, 0);
}

function readDocument(bytes: Bytes, broken: () => never, depth: number): Document {
  if (depth > DEEPEST) broken();
  const fields = readBytes(bytes.bytes(bytes.i32LE() - 4), broken);
  const entries = new Map<string, Bson>();
  for (;;) {
    const type = fields.u8();
    if (type === 0) return entries;
    const name = fields.zeroTerminated();
    entries.set(name, readValue(type, fields, broken, depth));
  }
}

function readValue(type: number, fields: Bytes, broken: () => never, depth: number): Bson {
  switch (type) {
    case 0x01:
      return fields.bytes(8).readDoubleLE();
    case 0x02:
    case 0x0d:
    case 0x0e:
      return fields.bytes(fields.i32LE()).subarray(0, -1).toString('utf8');
    case 0x03:
      return readDocument(fields, broken, depth + 1);
    case 0x04:
      return [...readDocument(fields, broken, depth + 1).values()];
    case 0x05: {
      const length = fields.i32LE();
      fields.u8();
      return fields.bytes(length);
    }
    case 0x08:
      return fields.u8() !== 0;
    case 0x09:
    case 0x12:
      return Number(BigInt.asIntN(64, fields.u64LE()));
    case 0x10:
      return fields.i32LE();
    default:
      skipValue(type, fields, broken);
      return null;
  }
}

function skipValue(type: number, fields: Bytes, broken: () => never): void {
  const FIXED: Readonly<Record<number, number>> = { 6: 0, 7: 12, 10: 0, 17: 8, 19: 16, 127: 0, 255: 0 };
  const size = FIXED[type];
  if (size !== undefined) fields.bytes(size);
  else if (type === 0x0b) {
    fields.zeroTerminated();
    fields.zeroTerminated();
  } else if (type === 0x0c) fields.bytes(fields.i32LE() + 12);
  else if (type === 0x0f) fields.bytes(fields.i32LE() - 4);
  else broken();
}
