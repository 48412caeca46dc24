import { fail } from '../../prober.ts';
import { type Packets, lengthEncoded, lengthEncodedText, readPayload } from './packets.ts';
import { type Refusal, isRefusal, parseRefusal } from './refusal.ts';

/** What one statement gave. */
export interface Answer {
  readonly columns: readonly Column[];
  /** in MySQL’s text form; the first ones, up to `kept` */
  readonly kept: readonly (readonly (string | null)[])[];
  readonly rows: number;
}

export interface Column {
  readonly name: string;
  /** Source: dev.mysql.com, “enum_field_types” */
  readonly type: number;
}

export type Outcome =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'refusal'; readonly refusal: Refusal };

const COM_QUIT = 0x01;
const COM_QUERY = 0x03;
const COM_PING = 0x0e;

const MOST_COLUMNS = 4096;
const MOST_BYTES = 8 * 2 ** 20;

/** One statement by the text protocol. Source: dev.mysql.com, “COM_QUERY”. */
export async function ask(packets: Packets, sql: string, kept = 1): Promise<Outcome> {
  const { peer } = packets.conversation;
  await packets.command(COM_QUERY, sql);
  const first = await packets.read();
  if (isRefusal(first)) return refusal(first, peer);
  if (first[0] === 0x00) return { kind: 'answer', answer: { columns: [], kept: [], rows: 0 } };
  // 0xfb: it wants a file of ours.
  const count = lengthEncoded(readPayload(first, peer));
  if (count === null || count > MOST_COLUMNS)
    return fail('protocol', 'protocol', `${peer} answers a query with what is no set of rows`);
  const columns: Column[] = [];
  while (columns.length < count) columns.push(columnIn(await packets.read(), peer));
  if (!isEnd(await packets.read()))
    return fail('protocol', 'protocol', `${peer} sent columns without their end`);
  return readRows(packets, columns, kept);
}

/** Whether it answers at all. */
export async function ping(packets: Packets): Promise<Refusal | null> {
  const { peer } = packets.conversation;
  await packets.command(COM_PING);
  const answer = await packets.read();
  if (isRefusal(answer)) return parseRefusal(answer, peer);
  return answer[0] === 0x00
    ? null
    : fail('protocol', 'protocol', `${peer} answers a ping with something else`);
}

/** Goodbye; not waited for. */
export async function quit(packets: Packets): Promise<void> {
  await packets.command(COM_QUIT);
  packets.conversation.end();
}

async function readRows(packets: Packets, columns: readonly Column[], most: number): Promise<Outcome> {
  const { peer } = packets.conversation;
  const kept: (readonly (string | null)[])[] = [];
  let rows = 0;
  for (let bytes = 0; bytes <= MOST_BYTES;) {
    const payload = await packets.read();
    if (isRefusal(payload)) return refusal(payload, peer);
    if (isEnd(payload)) return { kind: 'answer', answer: { columns, kept, rows } };
    bytes += payload.length + 4;
    rows += 1;
    if (kept.length < most) kept.push(valuesIn(payload, columns.length, peer));
  }
  return fail('too_large', 'protocol', `${peer} answers a query with more than ${String(MOST_BYTES)} bytes`);
}

function columnIn(payload: Buffer, peer: string): Column {
  const reader = readPayload(payload, peer);
  // catalog, schema, table and its own name
  for (let count = 0; count < 4; count += 1) lengthEncodedText(reader);
  const name = lengthEncodedText(reader) ?? '';
  lengthEncodedText(reader);
  lengthEncoded(reader);
  // character set and length
  reader.bytes(6);
  return { name, type: reader.u8() };
}

function valuesIn(payload: Buffer, count: number, peer: string): (string | null)[] {
  const reader = readPayload(payload, peer);
  return Array.from({ length: count }, () => lengthEncodedText(reader));
}

/** An EOF packet; a row that begins with the same byte is longer. */
function isEnd(payload: Buffer): boolean {
  return payload[0] === 0xfe && payload.length < 9;
}

function refusal(payload: Buffer, peer: string): Outcome {
  return { kind: 'refusal', refusal: parseRefusal(payload, peer) };
}
