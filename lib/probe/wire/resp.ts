import { safeLine } from '../../words/safe-text.ts';
import { fail } from '../prober.ts';
import type { Conversation } from './conversation.ts';

/** A reply of RESP2. Source: redis.io, “Redis serialization protocol specification”. */
export type Reply =
  | { readonly kind: 'status'; readonly text: string }
  | { readonly kind: 'error'; readonly text: string }
  | { readonly kind: 'integer'; readonly value: number }
  | { readonly kind: 'bulk'; readonly bytes: Buffer }
  | { readonly kind: 'array'; readonly items: readonly Reply[] }
  | { readonly kind: 'nil' };

const MAX_BULK = 2 ** 20;
const MAX_ITEMS = 4096;
const MAX_DEPTH = 4;
const MAX_LINE = 4096;

/** Commands as the server reads them, one after the other. */
export function encodeCommands(commands: readonly (readonly string[])[]): Buffer {
  return Buffer.concat(commands.map((command) => Buffer.concat(encodeCommand(command))));
}

function encodeCommand(command: readonly string[]): Buffer[] {
  const parts = command.map((argument) => {
    const bytes = Buffer.from(argument, 'utf8');
    return Buffer.concat([Buffer.from(`$${String(bytes.length)}\r\n`), bytes, Buffer.from('\r\n')]);
  });
  return [Buffer.from(`*${String(command.length)}\r\n`), ...parts];
}

/** Reads one reply. Throws: protocol when it is none, too_large beyond the limits, and what a conversation throws. */
export async function readReply(conversation: Conversation): Promise<Reply> {
  return readNested(conversation, { depth: 0, itemsLeft: MAX_ITEMS });
}

/** Depth, and items left of all lists together: lists of lists must not multiply. */
interface Budget {
  readonly depth: number;
  itemsLeft: number;
}

async function readNested(conversation: Conversation, budget: Budget): Promise<Reply> {
  // The kind is looked at before the line has ended: another protocol is told at once.
  const type = (await conversation.readExactly(1)).toString('latin1');
  switch (type) {
    case '+':
      return { kind: 'status', text: await readLine(conversation) };
    case '-':
      return { kind: 'error', text: await readLine(conversation) };
    case ':':
      return { kind: 'integer', value: await readNumber(conversation, type) };
    case '$':
      return readBulk(conversation, await readNumber(conversation, type));
    case '*':
      return readArray(conversation, await readNumber(conversation, type), budget);
    default:
      return notRedis(conversation, type);
  }
}

async function readLine(conversation: Conversation): Promise<string> {
  return conversation.readLine({ max: MAX_LINE });
}

async function readNumber(conversation: Conversation, type: string): Promise<number> {
  const line = await readLine(conversation);
  if (!/^-?\d{1,15}$/.test(line)) return notRedis(conversation, type + line);
  return Number(line);
}

async function readBulk(conversation: Conversation, length: number): Promise<Reply> {
  if (length < 0) return { kind: 'nil' };
  if (length > MAX_BULK) return tooLarge(conversation, `a reply of ${String(length)} bytes`);
  const bytes = await conversation.readExactly(length + 2);
  const end = bytes.subarray(length).toString('latin1');
  if (end !== '\r\n') fail('protocol', 'protocol', `${conversation.peer} sent a reply without its end`);
  return { kind: 'bulk', bytes: bytes.subarray(0, length) };
}

async function readArray(conversation: Conversation, count: number, budget: Budget): Promise<Reply> {
  if (count < 0) return { kind: 'nil' };
  budget.itemsLeft -= count;
  if (budget.itemsLeft < 0 || budget.depth >= MAX_DEPTH)
    return tooLarge(conversation, `a list of ${String(count)} items`);
  const items: Reply[] = [];
  const inner: Budget = { depth: budget.depth + 1, itemsLeft: budget.itemsLeft };
  while (items.length < count) items.push(await readNested(conversation, inner));
  budget.itemsLeft = inner.itemsLeft;
  return { kind: 'array', items };
}

async function notRedis(conversation: Conversation, start: string): Promise<never> {
  const more = conversation.buffered() > 0 ? await conversation.read() : null;
  const got = safeLine(start + (more?.subarray(0, 200).toString('utf8') ?? ''), 60);
  const text = `${conversation.peer} does not speak Redis: it said "${got}"`;
  return fail('protocol', 'protocol', text, { expected: 'a Redis reply', got });
}

function tooLarge(conversation: Conversation, what: string): never {
  return fail('too_large', 'protocol', `${conversation.peer} sent ${what}, more than puptime reads`);
}
