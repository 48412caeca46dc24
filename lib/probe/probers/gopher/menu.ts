import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';

/** An item of a menu. Source: RFC 1436 §3.4. */
interface Item {
  readonly type: string;
  readonly display: string;
  readonly selector: string;
}

const MAX_LINE = 4096;
const MAX_ITEMS = 100_000;
const MAX_MENU = 8 * 2 ** 20;

interface Menu {
  readonly items: readonly Item[];
  /** bytes */
  readonly size: number;
  /** what the server says instead of it; null when it is one */
  readonly error: string | null;
}

/**
 * Reads a menu line by line up to the dot that ends it, or the end of the stream, where some servers leave it out. Throws
 * protocol for a line that is no item, at once, and truncated when the stream ends in the middle of one.
 */
export async function readMenu(conversation: Conversation): Promise<Menu> {
  const items: Item[] = [];
  let unread = '';
  let size = 0;
  for (let chunk = await conversation.read(); chunk !== null; chunk = await conversation.read()) {
    size += chunk.length;
    const lines = (unread + chunk.toString('latin1')).split('\n');
    unread = lines.pop() ?? '';
    for (const line of lines) {
      const text = Buffer.from(line.replace(/\r$/, ''), 'latin1').toString('utf8');
      const error = items.length === 0 ? errorOf(text) : null;
      if (text === '.' || error !== null) return { items, size, error };
      if (text !== '') items.push(parseItem(text) ?? notItem(conversation, text));
    }
    if (unread.length > MAX_LINE || items.length > MAX_ITEMS || size > MAX_MENU)
      fail('too_large', 'protocol', `${conversation.peer} sent a line or menu that is too long`);
    if (items.length === 0 && isOther(unread)) notItem(conversation, unread);
  }
  if (size === 0) fail('closed', 'protocol', `${conversation.peer} closed the connection without an answer`);
  const rest = unread.trim();
  if (rest !== '' && rest !== '.')
    fail('truncated', 'protocol', `${conversation.peer} ended its menu in the middle of a line`);
  return { items, size, error: null };
}

/**
 * The error that an answer is, in one harmless line: an item of type 3, whatever was asked for, or one line of bare text, as
 * gophernicus has it. Null when it is none.
 */
export function errorOf(answer: string): string | null {
  const line = answer.slice(0, 1024).split('\n', 1)[0] ?? '';
  const item = parseItem(line.trimEnd());
  if (item?.type === '3') return safeLine(item.display);
  return /^Error: /.test(line) && answer.length < 500 ? safeLine(line) : null;
}

/** Type and display, then selector, host and port behind tabs; servers leave some out of items that lead nowhere. */
function parseItem(line: string): Item | null {
  const [shown = '', selector, host] = line.split('\t', 4);
  const type = shown.charAt(0);
  if (selector === undefined || type < '!' || type > '~') return null;
  if (host === undefined && type !== 'i' && type !== '3') return null;
  return { type, display: shown.slice(1), selector };
}

/** A control character cannot begin an item; other protocols say so before their first line ends. */
function isOther(start: string): boolean {
  return start !== '' && (start < ' ' || start > '\u007e');
}

function notItem({ peer }: Conversation, line: string): never {
  const got = `"${safeLine(line, 60)}"`;
  return fail('protocol', 'protocol', `${peer} does not speak Gopher: it sent ${got}`, {
    expected: 'an item of a menu',
    got,
  });
}
