import type { Json } from '../../../words/json.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { CannotTell } from '../../prober.ts';
import { u8 } from '../../wire/bytes.ts';
import { readColumn } from './column.ts';
import { OURS, REVISION } from './hello.ts';
import { CLIENT, SERVER, type Exception, type Reader, readException, text, varint } from './packets.ts';

/** What a query gives: its number of rows, and the first of them. */
export interface Rows {
  readonly rows: number;
  readonly first: readonly Json[];
}

/** A query with nothing behind it, for a server of that revision. */
export function queryPackets(sql: string, revision: number): Buffer {
  const [WITH_QUOTA_KEY, WITH_PATCH] = [54_060, 54_401];
  const spoken = Math.min(revision, REVISION);
  const [INITIAL_QUERY, OVER_TCP, COMPLETE, UNCOMPRESSED] = [1, 1, 2, 0];
  const info = [
    ...[u8(INITIAL_QUERY), text(''), text(''), text('0.0.0.0:0'), u8(OVER_TCP), text(''), text('')],
    ...[text(OURS.name), varint(OURS.major), varint(OURS.minor), varint(REVISION)],
    ...(spoken >= WITH_QUOTA_KEY ? [text('')] : []),
    ...(spoken >= WITH_PATCH ? [varint(OURS.patch)] : []),
  ];
  const NO_SETTINGS = text('');
  const query = [
    varint(CLIENT.query),
    text(''),
    ...info,
    NO_SETTINGS,
    varint(COMPLETE),
    varint(UNCOMPRESSED),
  ];
  // An empty block says that no tables come along.
  const blockInfo = Buffer.from([1, 0, 2, 0xff, 0xff, 0xff, 0xff, 0]);
  const nothing = [varint(CLIENT.data), text(''), blockInfo, varint(0), varint(0)];
  return Buffer.concat([...query, text(sql), ...nothing]);
}

/** Reads what comes until the end of the stream. */
export async function readRows(reader: Reader): Promise<Rows | Exception> {
  let rows = 0;
  let first: readonly Json[] = [];
  for (;;) {
    const kind = await reader.varint();
    switch (kind) {
      case SERVER.data: {
        const block = await readBlock(reader);
        if (rows === 0 && block.rows > 0) first = block.first;
        rows += block.rows;
        break;
      }
      case SERVER.totals:
      case SERVER.extremes:
      case SERVER.log:
        await readBlock(reader);
        break;
      case SERVER.progress:
        await skipNumbers(reader, 3);
        break;
      case SERVER.profileInfo:
        await skipNumbers(reader, 3);
        await reader.bytes(1);
        await skipNumbers(reader, 1);
        await reader.bytes(1);
        break;
      case SERVER.tableColumns:
        await reader.text();
        await reader.text();
        break;
      case SERVER.exception:
        return readException(reader);
      case SERVER.endOfStream:
        return { rows, first };
      default:
        return reader.broken(`it sent a packet of the kind ${String(kind)} within a result`);
    }
  }
}

const MOST_COLUMNS = 1000;
const MOST_ROWS = 2 ** 20;

async function readBlock(reader: Reader): Promise<Rows> {
  await reader.text();
  await skipBlockInfo(reader);
  const [columns, rows] = [await reader.varint(), await reader.varint()];
  if (columns > MOST_COLUMNS || rows > MOST_ROWS) reader.broken('it sent a block without measure');
  const first: Json[] = [];
  for (let column = 0; column < columns; column += 1) {
    await reader.text();
    const type = await reader.text();
    if (rows === 0) continue;
    const value = await readColumn(reader, type, rows);
    if (value === undefined)
      throw new CannotTell(
        'tool_missing',
        `the query gives a column of the type ${safeLine(type, 60)}, which puptime does not read: ask for toString(…) of it`,
      );
    first.push(value);
  }
  return { rows, first };
}

/** Numbered fields up to 0: whether it overflows, and a bucket number. */
async function skipBlockInfo(reader: Reader): Promise<void> {
  for (;;) {
    const field = await reader.varint();
    if (field === 0) return;
    if (field > 2) reader.broken(`it sent a block with the field ${String(field)}`);
    await reader.bytes(field === 1 ? 1 : 4);
  }
}

async function skipNumbers(reader: Reader, count: number): Promise<void> {
  for (let left = count; left > 0; left -= 1) await reader.varint();
}
