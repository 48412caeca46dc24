import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import { i32, readBytes, u32LE } from '../../wire/bytes.ts';
import type { Conversation } from '../../wire/conversation.ts';
import { type Document, type Written, decodeDocument, encodeDocument } from './bson.ts';

/** Commands to a server, one after the other. Source: MongoDB Wire Protocol. */
export interface Commands {
  /** By OP_QUERY, which every server takes for its first command, and none after 5.0 for others. */
  first(command: { readonly [name: string]: Written }): Promise<Document>;
  /** By OP_MSG, or by OP_QUERY to a server before 3.6. `shown`: the same for a transcript, where it holds a secret. */
  run(
    database: string,
    command: { readonly [name: string]: Written },
    shown?: { readonly [name: string]: Written },
  ): Promise<Document>;
  /** From now on by OP_MSG. */
  useMessages(): void;
}

const OP = { reply: 1, query: 2004, message: 2013 } as const;
const HEAD = 16;
const LONGEST = 4 * 2 ** 20;
const QUERY_FAILURE = 2;

export function openCommands(conversation: Conversation): Commands {
  let id = 0;
  let modern = false;
  const exchange = async (
    database: string,
    command: { readonly [name: string]: Written },
    shown: { readonly [name: string]: Written },
  ): Promise<Document> => {
    id += 1;
    const encode = (one: { readonly [name: string]: Written }) =>
      modern ? encodeMessage(id, database, one) : encodeQuery(id, database, one);
    await conversation.write(encode(command), encode(shown));
    return readAnswer(conversation, id);
  };
  return {
    first: (command) => exchange('admin', command, command),
    run: (database, command, shown = command) => exchange(database, command, shown),
    useMessages: () => void (modern = true),
  };
}

function encodeQuery(id: number, database: string, command: { readonly [name: string]: Written }): Buffer {
  const SECONDARY_OK = 4;
  const collection = Buffer.from(`${database}.$cmd\0`);
  const body = [u32LE(SECONDARY_OK), collection, u32LE(0), i32(-1).reverse(), encodeDocument(command)];
  return withHead(id, OP.query, Buffer.concat(body));
}

function encodeMessage(id: number, database: string, command: { readonly [name: string]: Written }): Buffer {
  const document = encodeDocument({ ...command, $db: database });
  return withHead(id, OP.message, Buffer.concat([u32LE(0), Buffer.of(0), document]));
}

function withHead(id: number, op: number, body: Buffer): Buffer {
  return Buffer.concat([u32LE(HEAD + body.length), u32LE(id), u32LE(0), u32LE(op), body]);
}

async function readAnswer(conversation: Conversation, id: number): Promise<Document> {
  const { peer } = conversation;
  const broken = () => fail('protocol', 'protocol', `${peer} sent a MongoDB answer that is malformed`);
  const start = await conversation.readExactly(4);
  const length = start.readUInt32LE();
  if (length < HEAD + 5 || length > LONGEST) return notMongo(conversation, start);
  const head = readBytes(await conversation.readExactly(HEAD - 4), broken);
  head.u32LE();
  const [answers, op] = [head.u32LE(), head.u32LE()];
  if (answers !== id || (op !== OP.reply && op !== OP.message)) return notMongo(conversation, start);
  const body = readBytes(await conversation.readExactly(length - HEAD), broken);
  if (op === OP.message) {
    const CHECKSUM = 1;
    const flags = body.u32LE();
    if (body.u8() !== 0) broken();
    const rest = body.rest();
    return decodeDocument((flags & CHECKSUM) === 0 ? rest : rest.subarray(0, -4), broken);
  }
  const flags = body.u32LE();
  body.bytes(12);
  if (body.u32LE() !== 1) broken();
  const document = decodeDocument(body.rest(), broken);
  // Before there were command errors, a failed query was told like this.
  const failure = document.get('$err');
  if ((flags & QUERY_FAILURE) !== 0 && typeof failure === 'string')
    return new Map([...document.entries(), ['ok', 0], ['errmsg', failure]]);
  return document;
}

async function notMongo(conversation: Conversation, start: Buffer): Promise<never> {
  const more = conversation.buffered() > 0 ? await conversation.read() : null;
  const got = safeLine(
    Buffer.concat([start, more?.subarray(0, 200) ?? Buffer.alloc(0)]).toString('utf8'),
    60,
  );
  const text = `${conversation.peer} does not speak MongoDB: it said "${got}"`;
  return fail('protocol', 'protocol', text, { expected: 'a MongoDB reply', got });
}
