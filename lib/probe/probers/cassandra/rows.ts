import type { Json } from '../../../words/json.ts';
import { type Bytes, i32, u16, u8 } from '../../wire/bytes.ts';
import { bytes, readText } from './frames.ts';

/** Rows of a result: how many of this page, and the first one by column, in order. */
export interface Rows {
  readonly count: number;
  readonly first: ReadonlyMap<string, Json>;
}

/** By the names of options and of the protocol, §3 [consistency]. */
export const CONSISTENCIES = {
  one: 0x01,
  two: 0x02,
  three: 0x03,
  quorum: 0x04,
  all: 0x05,
  local_quorum: 0x06,
  each_quorum: 0x07,
  local_one: 0x0a,
} as const;
export type Consistency = keyof typeof CONSISTENCIES;

export const PAGE = 10_000;

/** The body of QUERY (§4.1.4): no values, one page. */
export function queryBody(cql: string, consistency: Consistency): Buffer {
  const WITH_PAGE_SIZE = 0x04;
  return Buffer.concat([
    bytes(Buffer.from(cql, 'utf8')),
    u16(CONSISTENCIES[consistency]),
    u8(WITH_PAGE_SIZE),
    i32(PAGE),
  ]);
}

const KIND_ROWS = 2;
const MOST_COLUMNS = 1000;

/** Reads a RESULT (§4.2.5); null when it is not of the kind that has rows. Calls `broken` for what is none. */
export function readRows(body: Bytes, broken: () => never): Rows | null {
  if (body.i32() !== KIND_ROWS) return null;
  const [GLOBAL, MORE_PAGES, NO_METADATA] = [1, 2, 4];
  const flags = body.i32();
  const columnCount = body.i32();
  if (columnCount < 0 || columnCount > MOST_COLUMNS || (flags & NO_METADATA) !== 0) broken();
  if ((flags & MORE_PAGES) !== 0) body.bytes(Math.max(0, body.i32()));
  const global = (flags & GLOBAL) !== 0;
  const table = () => {
    readText(body);
    readText(body);
  };
  if (global) table();
  const columns = Array.from({ length: columnCount }, () => {
    if (!global) table();
    return { name: readText(body), type: readType(body, broken, 0) };
  });
  const count = Math.max(0, body.i32());
  const cells = count === 0 ? [] : columns.map(({ name, type }) => [name, readCell(body, type)] as const);
  return { count, first: new Map(cells) };
}

const DEEPEST_TYPE = 16;

/** Its id; what it is made of is passed over. */
function readType(body: Bytes, broken: () => never, depth: number): number {
  if (depth > DEEPEST_TYPE) broken();
  const inner = (times: number) => {
    for (let left = times; left > 0; left -= 1) readType(body, broken, depth + 1);
  };
  const id = body.u16();
  if (id === 0x0000) readText(body);
  else if (id === 0x20 || id === 0x22) inner(1);
  else if (id === 0x21) inner(2);
  else if (id === 0x31) inner(body.u16());
  else if (id === 0x30) {
    readText(body);
    readText(body);
    for (let left = body.u16(); left > 0; left -= 1) {
      readText(body);
      inner(1);
    }
  }
  return id;
}

function readCell(body: Bytes, type: number): Json {
  const length = body.i32();
  return length < 0 ? null : valueOf(type, body.bytes(length));
}

const LONGEST_VALUE = 4096;

/** §6. A type that has no form in JSON is its bytes in hex. */
function valueOf(type: number, cell: Buffer): Json {
  const hex = () => `0x${cell.subarray(0, LONGEST_VALUE / 2).toString('hex')}`;
  switch (type) {
    case 0x01:
    case 0x0d:
      return cell.subarray(0, LONGEST_VALUE).toString('utf8');
    case 0x02:
    case 0x05:
    case 0x09:
    case 0x0e:
    case 0x12:
    case 0x13:
    case 0x14:
      return cell.length > 64 ? hex() : integer(cell);
    case 0x04:
      return cell[0] !== 0;
    case 0x06:
      return cell.length < 5 || cell.length > 64 ? hex() : decimal(cell.readInt32BE(), cell.subarray(4));
    case 0x07:
      return cell.length === 8 ? finite(cell.readDoubleBE()) : hex();
    case 0x08:
      return cell.length === 4 ? finite(cell.readFloatBE()) : hex();
    case 0x0b:
      return cell.length === 8 ? dateText(cell.readBigInt64BE()) : hex();
    case 0x0c:
    case 0x0f:
      return cell.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    case 0x10:
      return cell.length === 4 ? cell.join('.') : hex();
    default:
      return hex();
  }
}

function signed(cell: Buffer): bigint {
  return cell.length === 0 ? 0n : BigInt.asIntN(cell.length * 8, BigInt(`0x${cell.toString('hex')}`));
}

/** A number as long as it is exact, else its digits. */
function integer(cell: Buffer): Json {
  const value = signed(cell);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
}

function decimal(scale: number, digits: Buffer): Json {
  return finite(Number(`${signed(digits).toString()}e${String(-scale)}`));
}

function finite(value: number): Json {
  return Number.isFinite(value) ? value : String(value);
}

function dateText(ms: bigint): Json {
  const date = new Date(Number(ms));
  return Number.isNaN(date.getTime()) ? Number(ms) : date.toISOString();
}
