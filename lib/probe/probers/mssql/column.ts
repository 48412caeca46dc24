import type { Json } from '../../../words/json.ts';
import type { Bytes } from '../../wire/bytes.ts';
import { clockText, dateText, dayText, smallDateText } from './date-text.ts';

/** How a column is read: how its length is said, and what its bytes mean. */
export interface ColumnType {
  readonly length: 'fixed' | 'byte' | 'short' | 'parts';
  /** of a fixed one */
  readonly size: number;
  read(cell: Buffer): Json;
}

const LONGEST_VALUE = 4096;

/** Reads what follows a type’s id (MS-TDS §2.2.5.4, §2.2.5.5); null for a type that puptime does not read. */
export function readType(id: number, bytes: Bytes): ColumnType | null {
  const fixed = FIXED[id];
  if (fixed !== undefined) return { length: 'fixed', ...fixed };
  const nullable = NULLABLE[id];
  if (nullable !== undefined) {
    bytes.u8();
    return { length: 'byte', size: 0, read: nullable };
  }
  switch (id) {
    case 0x6a:
    case 0x6c: {
      bytes.u16LE();
      const scale = bytes.u8();
      return { length: 'byte', size: 0, read: (cell) => decimal(cell, scale) };
    }
    case 0x28:
      return { length: 'byte', size: 0, read: (cell) => dayText(cell.readUIntLE(0, 3)) };
    case 0x29:
    case 0x2a:
    case 0x2b: {
      const scale = bytes.u8();
      return { length: 'byte', size: 0, read: (cell) => clockText(cell, scale, id === 0x2b) };
    }
    case 0xa5:
    case 0xad:
      return variable(bytes, (cell) => `0x${cell.subarray(0, LONGEST_VALUE / 2).toString('hex')}`);
    case 0xa7:
    case 0xaf:
      return collated(bytes, 'latin1');
    case 0xe7:
    case 0xef:
      return collated(bytes, 'utf16le');
    default:
      return null;
  }
}

/** Reads a value that is not said to be null elsewhere. */
export function readValue({ length, size, read }: ColumnType, bytes: Bytes): Json {
  switch (length) {
    case 'fixed':
      return read(bytes.bytes(size));
    case 'byte': {
      const said = bytes.u8();
      return said === 0 ? null : read(bytes.bytes(said));
    }
    case 'short': {
      const said = bytes.u16LE();
      return said === 0xffff ? null : read(bytes.bytes(said));
    }
    case 'parts': {
      const NULL = 0xffff_ffff_ffff_ffffn;
      if (bytes.u64LE() === NULL) return null;
      const parts: Buffer[] = [];
      for (let said = bytes.u32LE(); said > 0; said = bytes.u32LE()) parts.push(bytes.bytes(said));
      return read(Buffer.concat(parts));
    }
  }
}

/** A length of 0xffff stands for “max”, whose values come in parts. */
function variable(bytes: Bytes, read: (cell: Buffer) => Json): ColumnType {
  return { length: bytes.u16LE() === 0xffff ? 'parts' : 'short', size: 0, read };
}

function collated(bytes: Bytes, encoding: 'latin1' | 'utf16le'): ColumnType {
  const type = variable(bytes, (cell) => cell.toString(encoding).slice(0, LONGEST_VALUE));
  bytes.bytes(5);
  return type;
}

const FIXED: Readonly<Record<number, { readonly size: number; read(cell: Buffer): Json }>> = {
  0x1f: { size: 0, read: () => null },
  0x30: { size: 1, read: (cell) => cell.readUInt8() },
  0x32: { size: 1, read: (cell) => cell[0] !== 0 },
  0x34: { size: 2, read: (cell) => cell.readInt16LE() },
  0x38: { size: 4, read: (cell) => cell.readInt32LE() },
  0x7f: { size: 8, read: integer },
  0x3b: { size: 4, read: (cell) => cell.readFloatLE() },
  0x3e: { size: 8, read: (cell) => cell.readDoubleLE() },
  0x7a: { size: 4, read: money },
  0x3c: { size: 8, read: money },
  0x3a: { size: 4, read: smallDateText },
  0x3d: { size: 8, read: dateText },
};

/** Types that say the length of each value, 0 for NULL. */
const NULLABLE: Readonly<Record<number, (cell: Buffer) => Json>> = {
  0x26: integer,
  0x68: (cell) => cell[0] !== 0,
  0x6d: (cell) => (cell.length === 8 ? cell.readDoubleLE() : cell.length === 4 ? cell.readFloatLE() : null),
  0x6e: money,
  0x6f: (cell) => (cell.length === 8 ? dateText(cell) : cell.length === 4 ? smallDateText(cell) : null),
  0x24: guid,
};

/** A number as long as it is exact, else its digits. A tinyint has no sign. */
function integer(cell: Buffer): Json {
  if (cell.length === 8) {
    const value = cell.readBigInt64LE();
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  }
  if (cell.length === 1) return cell.readUInt8();
  return cell.length > 6 ? null : cell.readIntLE(0, cell.length);
}

/** Ten-thousandths; of eight bytes the upper half comes first. */
function money(cell: Buffer): Json {
  if (cell.length === 4) return cell.readInt32LE() / 10_000;
  if (cell.length !== 8) return null;
  return Number((BigInt(cell.readInt32LE()) << 32n) + BigInt(cell.readUInt32LE(4))) / 10_000;
}

/** A sign, 1 for plus, and the digits as one number. */
function decimal(cell: Buffer, scale: number): Json {
  if (cell.length < 2) return null;
  const digits = BigInt(`0x${Buffer.from(cell.subarray(1)).reverse().toString('hex')}`);
  return Number(`${cell[0] === 0 ? '-' : ''}${digits.toString()}e${String(-scale)}`);
}

function guid(cell: Buffer): Json {
  if (cell.length !== 16) return null;
  const turned = [cell.subarray(0, 4), cell.subarray(4, 6), cell.subarray(6, 8)].map((part) =>
    Buffer.from(part).reverse().toString('hex'),
  );
  return [...turned, cell.subarray(8, 10).toString('hex'), cell.subarray(10).toString('hex')].join('-');
}
