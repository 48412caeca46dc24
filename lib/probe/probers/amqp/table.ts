import { type Bytes, u32, u8 } from '../../wire/bytes.ts';

/** A value of a table; what is not looked at is null. A table within a table stays bytes, so that no depth can hurt. */
export type Field = string | boolean | Buffer | null;

export type Table = ReadonlyMap<string, Field>;

/** Sizes of the values that are skipped. Source: AMQP 0-9-1 §4.2.1, with the types as RabbitMQ’s errata have them. */
const SIZES: { readonly [type: string]: number } = {
  b: 1,
  B: 1,
  s: 2,
  u: 2,
  I: 4,
  i: 4,
  l: 8,
  L: 8,
  f: 4,
  d: 8,
  D: 5,
  T: 8,
  V: 0,
};

/** Takes a table with its length before it; throws what `broken` throws when it is none. */
export function readTable(bytes: Bytes, broken: () => never): Table {
  const length = bytes.u32();
  if (length > bytes.left()) broken();
  const end = bytes.left() - length;
  const table = new Map<string, Field>();
  while (bytes.left() > end) table.set(shortText(bytes), readField(bytes, broken));
  if (bytes.left() !== end) broken();
  return table;
}

export function shortText(bytes: Bytes): string {
  return bytes.text(bytes.u8());
}

export function longText(bytes: Bytes): string {
  return bytes.text(bytes.u32());
}

/** At most 255 bytes. */
export function encodeShort(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  return Buffer.concat([u8(bytes.length), bytes]);
}

function encodeLong(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  return Buffer.concat([u32(bytes.length), bytes]);
}

export type Fields = { readonly [name: string]: string | boolean | Fields };

/** Our own tables are not deep. */
export function encodeTable(fields: Fields): Buffer {
  const entries = Object.entries(fields).flatMap(([name, value]) => [encodeShort(name), encodeField(value)]);
  const body = Buffer.concat(entries);
  return Buffer.concat([u32(body.length), body]);
}

function encodeField(value: string | boolean | Fields): Buffer {
  if (typeof value === 'string') return Buffer.concat([Buffer.from('S'), encodeLong(value)]);
  if (typeof value === 'boolean') return Buffer.concat([Buffer.from('t'), u8(value ? 1 : 0)]);
  return Buffer.concat([Buffer.from('F'), encodeTable(value)]);
}

function readField(bytes: Bytes, broken: () => never): Field {
  const type = bytes.text(1);
  if (type === 'S') return longText(bytes);
  if (type === 't') return bytes.u8() !== 0;
  if (type === 'F') return tableBytes(bytes);
  if (type === 'A' || type === 'x') bytes.bytes(bytes.u32());
  else bytes.bytes(SIZES[type] ?? broken());
  return null;
}

/** With the length before it, as readTable takes it. */
function tableBytes(bytes: Bytes): Buffer {
  const length = bytes.u32();
  return Buffer.concat([u32(length), bytes.bytes(length)]);
}
