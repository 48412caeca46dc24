import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';

/** Reads the data types of the native protocol one after the other, within a limit over all of them. */
export interface Reader {
  readonly peer: string;
  varint(): Promise<number>;
  /** more than `longest` bytes are broken; default 1 MiB */
  text(longest?: number): Promise<string>;
  bytes(length: number): Promise<Buffer>;
  /** Throws that the server does not speak the protocol. */
  broken(what: string): never;
}

/** Of all answers of a connection together. */
const MOST_BYTES = 8 * 2 ** 20;

export function openReader(conversation: Conversation): Reader {
  const { peer } = conversation;
  const broken = (what: string) =>
    fail('protocol', 'protocol', `${peer} does not speak ClickHouse’s native protocol: ${what}`);
  let left = MOST_BYTES;
  const bytes = async (length: number): Promise<Buffer> => {
    left -= length;
    if (left < 0)
      fail(
        'too_large',
        'protocol',
        `${peer} sent more than ${String(MOST_BYTES)} bytes where less was expected`,
      );
    return conversation.readExactly(length);
  };
  const varint = async (): Promise<number> => {
    let value = 0;
    for (let scale = 1; scale < 2 ** 53; scale *= 128) {
      const byte = (await bytes(1)).readUInt8();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    return broken('it sent a number that is too long');
  };
  return {
    peer,
    bytes,
    varint,
    broken,
    async text(longest = 2 ** 20) {
      const length = await varint();
      if (length > longest) broken(`it announced a text of ${String(length)} bytes`);
      return (await bytes(length)).toString('utf8');
    },
  };
}

/** What a server sends. Source: ClickHouse documentation, “Native protocol: Server packets”. */
export const SERVER = {
  hello: 0,
  data: 1,
  exception: 2,
  progress: 3,
  pong: 4,
  endOfStream: 5,
  profileInfo: 6,
  totals: 7,
  extremes: 8,
  log: 10,
  tableColumns: 11,
} as const;

export const CLIENT = { hello: 0, query: 1, data: 2, ping: 4 } as const;

/** LEB128 */
export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

export function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  return Buffer.concat([varint(bytes.length), bytes]);
}

/** An exception: its number, and what it says in one line. */
export interface Exception {
  readonly number: number;
  readonly said: string;
}

const MOST_NESTED = 20;

/** Reads one, and those that it is nested in, which say nothing more. */
export async function readException(reader: Reader): Promise<Exception> {
  let first: Exception | null = null;
  for (let depth = 0; depth < MOST_NESTED; depth += 1) {
    const number = (await reader.bytes(4)).readInt32LE();
    const [name, message] = [await reader.text(), await reader.text()];
    await reader.text();
    const said = safeLine(
      message.startsWith(name) ? message.slice(name.length).replace(/^: /, '') : message,
      160,
    );
    first ??= { number, said };
    const nested = (await reader.bytes(1)).readUInt8() !== 0;
    if (!nested) return first;
  }
  return reader.broken('it sent an exception within exceptions without end');
}
