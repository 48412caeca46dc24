import type { Json } from '../../../words/json.ts';
import type { Reader } from './packets.ts';

/** Reads the values of one column of a block, and gives the first; undefined for a type that puptime cannot read. */
export async function readColumn(reader: Reader, type: string, rows: number): Promise<Json | undefined> {
  const [, inner] = /^Nullable\((.*)\)$/.exec(type) ?? [];
  if (inner !== undefined) {
    const nulls = await reader.bytes(rows);
    const value = await readColumn(reader, inner, rows);
    return value !== undefined && nulls[0] === 1 ? null : value;
  }
  if (type === 'String') {
    let first: Json = null;
    for (let row = 0; row < rows; row += 1) {
      const value = await reader.text();
      if (row === 0) first = value.slice(0, LONGEST_VALUE);
    }
    return first;
  }
  const fixed = fixedType(type);
  if (fixed === null) return undefined;
  const cells = await reader.bytes(fixed.size * rows);
  return rows === 0 ? null : fixed.read(cells.subarray(0, fixed.size));
}

const LONGEST_VALUE = 4096;

/** How a type of one size is read. */
interface FixedType {
  readonly size: number;
  read(cell: Buffer): Json;
}

function fixedType(type: string): FixedType | null {
  const [, name = '', inside = ''] = /^([A-Za-z]+\d*)(?:\((.{0,10000})\))?$/.exec(type) ?? [];
  const [, signed, bits] = /^(U?)Int(8|16|32|64|128|256)$/.exec(name) ?? [];
  if (bits !== undefined) return { size: Number(bits) / 8, read: (cell) => integer(cell, signed !== 'U') };
  const known = FIXED[name];
  if (known !== undefined) return known;
  if (name === 'FixedString') {
    const size = Number(inside);
    return Number.isInteger(size) && size > 0 && size < 2 ** 20 ? { size, read: fixedText } : null;
  }
  if (name.startsWith('Decimal')) return decimalType(name, inside);
  if (name === 'Enum8' || name === 'Enum16')
    return { size: name === 'Enum8' ? 1 : 2, read: (cell) => enumName(inside, Number(signedNumber(cell))) };
  if (name === 'DateTime64') {
    const digits = Number(/^\d/.exec(inside)?.[0] ?? 3);
    return { size: 8, read: (cell) => dateText(Number(cell.readBigInt64LE()) * 10 ** (3 - digits)) };
  }
  return null;
}

const DAY_MS = 86_400_000;

const FIXED: Readonly<Record<string, FixedType>> = {
  Bool: { size: 1, read: (cell) => cell[0] !== 0 },
  Float32: { size: 4, read: (cell) => finite(cell.readFloatLE()) },
  Float64: { size: 8, read: (cell) => finite(cell.readDoubleLE()) },
  Date: { size: 2, read: (cell) => dateText(cell.readUInt16LE() * DAY_MS).slice(0, 10) },
  Date32: { size: 4, read: (cell) => dateText(cell.readInt32LE() * DAY_MS).slice(0, 10) },
  DateTime: { size: 4, read: (cell) => dateText(cell.readUInt32LE() * 1000) },
  IPv4: { size: 4, read: (cell) => [...cell].reverse().join('.') },
  UUID: {
    size: 16,
    read(cell) {
      const hex = Buffer.concat([cell.subarray(0, 8).reverse(), cell.subarray(8).reverse()]).toString('hex');
      return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    },
  },
};

function decimalType(name: string, inside: string): FixedType | null {
  const [first, second] = inside.split(',').map(Number);
  const scale = second ?? first ?? 0;
  const [, bits] = /^Decimal(32|64|128|256)$/.exec(name) ?? [];
  const precision = first ?? 0;
  const size = bits === undefined ? sizeOfDecimal(precision) : Number(bits) / 8;
  if (!Number.isInteger(scale) || scale < 0 || scale > 76) return null;
  return { size, read: (cell) => finite(Number(`${signedNumber(cell).toString()}e${String(-scale)}`)) };
}

function sizeOfDecimal(precision: number): number {
  if (precision <= 9) return 4;
  if (precision <= 18) return 8;
  return precision <= 38 ? 16 : 32;
}

function unsignedNumber(cell: Buffer): bigint {
  return BigInt(`0x${Buffer.from(cell).reverse().toString('hex')}`);
}

function signedNumber(cell: Buffer): bigint {
  return BigInt.asIntN(cell.length * 8, unsignedNumber(cell));
}

/** A number as long as it is exact, else its digits. */
function integer(cell: Buffer, signed: boolean): Json {
  const value = signed ? signedNumber(cell) : unsignedNumber(cell);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
}

function fixedText(cell: Buffer): Json {
  const end = cell.indexOf(0);
  return cell.subarray(0, Math.min(end === -1 ? cell.length : end, LONGEST_VALUE)).toString('utf8');
}

/** `'open' = 1, 'closed' = 2` */
function enumName(names: string, value: number): Json {
  const entry = names.split(', ').find((one) => one.endsWith(`' = ${String(value)}`));
  return entry === undefined ? value : entry.slice(1, entry.lastIndexOf("' = "));
}

function finite(value: number): Json {
  return Number.isFinite(value) ? value : String(value);
}

function dateText(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString();
}
