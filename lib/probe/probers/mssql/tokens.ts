import type { Json } from '../../../words/json.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { CannotTell } from '../../prober.ts';
import { type Bytes, readBytes } from '../../wire/bytes.ts';
import { type ColumnType, readType, readValue } from './column.ts';

/** What a message of the server says. Source: MS-TDS §2.2.7. */
export interface Answer {
  /** the errors, in order */
  readonly errors: readonly ServerError[];
  /** the login was taken */
  readonly loggedIn: boolean;
  /** where the server sends us instead, HOST:PORT */
  readonly routedTo: string | null;
  /** of the first result that has rows, or all there are: how many, and the first */
  readonly rows: number;
  readonly first: readonly Json[];
  /** there was a result, with or without rows */
  readonly hasResult: boolean;
}

export interface ServerError {
  readonly number: number;
  readonly text: string;
}

const TOKEN = {
  returnStatus: 0x79,
  columns: 0x81,
  featureExtAck: 0xae,
  error: 0xaa,
  loginAck: 0xad,
  row: 0xd1,
  rowWithNulls: 0xd2,
  environment: 0xe3,
  done: 0xfd,
  doneProcedure: 0xfe,
  doneInProcedure: 0xff,
} as const;
const ROUTING = 20;
const MOST_COLUMNS = 1024;

/** Reads the tokens one after the other. Throws what `broken` throws, and CannotTell for a type that puptime does not read. */
export function readAnswer(message: Buffer, broken: () => never): Answer {
  const bytes = readBytes(message, broken);
  const errors: ServerError[] = [];
  let columns: readonly ColumnType[] = [];
  let first: readonly Json[] = [];
  let [rows, loggedIn, hasResult] = [0, false, false];
  let routedTo: string | null = null;
  while (bytes.left() > 0) {
    const token = bytes.u8();
    switch (token) {
      case TOKEN.error:
        errors.push(readError(readBytes(bytes.bytes(bytes.u16LE()), broken)));
        break;
      case TOKEN.loginAck:
        loggedIn = true;
        bytes.bytes(bytes.u16LE());
        break;
      case TOKEN.environment:
        routedTo = readRouting(readBytes(bytes.bytes(bytes.u16LE()), broken)) ?? routedTo;
        break;
      case TOKEN.columns:
        columns = readColumns(bytes, broken);
        hasResult ||= columns.length > 0;
        break;
      case TOKEN.row:
      case TOKEN.rowWithNulls: {
        const row = readRow(bytes, columns, token === TOKEN.rowWithNulls, broken);
        if (rows === 0) first = row;
        rows += 1;
        break;
      }
      case TOKEN.done:
      case TOKEN.doneProcedure:
      case TOKEN.doneInProcedure:
        bytes.bytes(12);
        break;
      case TOKEN.returnStatus:
        bytes.bytes(4);
        break;
      case TOKEN.featureExtAck:
        while (bytes.u8() !== 0xff) bytes.bytes(bytes.u32LE());
        break;
      default:
        // The others that there are say their length.
        if (token < 0x80) broken();
        bytes.bytes(bytes.u16LE());
    }
  }
  return { errors, loggedIn, routedTo, rows, first, hasResult };
}

/** ERROR: number, state, class, message … */
function readError(bytes: Bytes): ServerError {
  const number = bytes.i32LE();
  bytes.u16LE();
  return { number, text: safeLine(bytes.bytes(bytes.u16LE() * 2).toString('utf16le'), 160) };
}

/** ENVCHANGE of the type 20: protocol, port, host. */
function readRouting(bytes: Bytes): string | null {
  if (bytes.u8() !== ROUTING) return null;
  bytes.u16LE();
  bytes.u8();
  const port = bytes.u16LE();
  return safeLine(`${bytes.bytes(bytes.u16LE() * 2).toString('utf16le')}:${String(port)}`, 200);
}

function readColumns(bytes: Bytes, broken: () => never): ColumnType[] {
  const NO_METADATA = 0xffff;
  const count = bytes.u16LE();
  if (count === NO_METADATA) return [];
  if (count > MOST_COLUMNS) broken();
  return Array.from({ length: count }, () => {
    bytes.u32LE();
    bytes.u16LE();
    const id = bytes.u8();
    const type = readType(id, bytes);
    if (type === null)
      throw new CannotTell(
        'tool_missing',
        `the query gives a column of the type 0x${id.toString(16)}, which puptime does not read: CAST it to nvarchar`,
      );
    bytes.bytes(bytes.u8() * 2);
    return type;
  });
}

function readRow(
  bytes: Bytes,
  columns: readonly ColumnType[],
  withNulls: boolean,
  broken: () => never,
): readonly Json[] {
  if (columns.length === 0) return broken();
  const nulls = withNulls ? bytes.bytes(Math.ceil(columns.length / 8)) : Buffer.alloc(0);
  return columns.map((type, index) => {
    const isNull = (((nulls[index >> 3] ?? 0) >> (index & 7)) & 1) === 1;
    return isNull ? null : readValue(type, bytes);
  });
}
