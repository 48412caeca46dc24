import { fail } from '../../prober.ts';
import { type Bytes, i32, readBytes, u16 } from '../../wire/bytes.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { message, readMessage, zeroTerminated } from './messages.ts';
import { type Refusal, parseRefusal } from './refusal.ts';

/** What one statement gave. */
export interface Answer {
  /** type OIDs of the columns; empty when it gives no rows by its nature */
  readonly types: readonly number[];
  /** the first row, in PostgreSQL’s text form; null when there is none */
  readonly first: readonly (string | null)[] | null;
  readonly rows: number;
}

/** The answers to statements before the first that failed, if one did. */
export interface Answers {
  readonly answers: readonly Answer[];
  readonly refusal: Refusal | null;
}

/** More rows are not counted. */
export const MOST_ROWS = 10_000;
const MOST_BYTES = 8 * 2 ** 20;

/** Statements without parameters, separated by semicolons: the simple protocol. */
export async function ask(conversation: Conversation, sql: string): Promise<Answers> {
  await conversation.write(message('Q', zeroTerminated(sql)));
  return readAnswers(conversation);
}

/** One statement, and no second one behind a semicolon: the extended protocol. */
export async function askOne(conversation: Conversation, sql: string): Promise<Answers> {
  const unnamed = zeroTerminated('');
  const none = u16(0);
  await conversation.write(
    Buffer.concat([
      message('P', unnamed, zeroTerminated(sql), none),
      message('B', unnamed, unnamed, none, none, none),
      message('D', Buffer.from('P'), unnamed),
      message('E', unnamed, i32(MOST_ROWS)),
      message('S'),
    ]),
  );
  return readAnswers(conversation);
}

/** Goodbye; not waited for. */
export async function terminate(conversation: Conversation): Promise<void> {
  await conversation.write(message('X'));
  conversation.end();
}

async function readAnswers(conversation: Conversation): Promise<Answers> {
  const { peer } = conversation;
  const answers: Answer[] = [];
  let refusal: Refusal | null = null;
  let current: Answer = { types: [], first: null, rows: 0 };
  let bytes = 0;
  for (;;) {
    const { type, body } = await readMessage(conversation, 'TDCIsENSAZ123ntH');
    bytes += body.length + 5;
    if (bytes > MOST_BYTES)
      return fail(
        'too_large',
        'protocol',
        `${peer} answers a query with more than ${String(MOST_BYTES)} bytes`,
      );
    switch (type) {
      case 'T':
        current = { types: typesIn(body, peer), first: null, rows: 0 };
        break;
      case 'D':
        current = { ...current, first: current.first ?? valuesIn(body, peer), rows: current.rows + 1 };
        break;
      // complete, empty, or suspended at the most rows
      case 'C':
      case 'I':
      case 's':
        answers.push(current);
        current = { types: [], first: null, rows: 0 };
        break;
      case 'H':
        return fail('status', 'protocol', `${peer} copies a table, expected a query that gives rows`);
      case 'E':
        refusal = parseRefusal(body);
        // It closes now.
        if (refusal.fatal) return { answers, refusal };
        break;
      case 'Z':
        return { answers, refusal };
    }
  }
}

function typesIn(body: Buffer, peer: string): number[] {
  const reader = readerOf(body, peer);
  return repeat(reader.u16(), () => {
    reader.zeroTerminated();
    // table and column that it comes from
    reader.bytes(6);
    const type = reader.u32();
    // size, modifier and format
    reader.bytes(8);
    return type;
  });
}

function valuesIn(body: Buffer, peer: string): (string | null)[] {
  const reader = readerOf(body, peer);
  return repeat(reader.u16(), () => {
    const length = reader.i32();
    return length === -1 ? null : reader.text(length);
  });
}

function readerOf(body: Buffer, peer: string): Bytes {
  return readBytes(body, () => fail('protocol', 'protocol', `${peer} sent a row that ends too early`));
}

function repeat<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}
