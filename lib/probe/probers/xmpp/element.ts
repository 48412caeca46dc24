import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';

/** An element of a stream; names without their prefix. */
export interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly Element[];
  readonly text: string;
}

/** One tag, and the text before it. */
interface Tag {
  readonly kind: 'start' | 'end' | 'empty';
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly before: string;
}

const MAX_TAG = 16_384;
const MAX_TAGS = 2000;
const MAX_DEPTH = 20;

/**
 * Reads the next tag, past the XML declaration. Only what a stream may hold is known: no comments, no document types, no
 * entities but the five of XML. Throws protocol for anything else. Source: RFC 6120 §11.1.
 */
export async function readTag(conversation: Conversation): Promise<Tag> {
  let raw = '';
  for (;;) {
    raw += await conversation.readLine({ max: MAX_TAG, end: '>' });
    if (raw.length > MAX_TAG) notXmpp(conversation, 'a tag that does not end');
    const open = raw.indexOf('<');
    // A > may stand in a text and in a quoted value.
    if (open === -1 || isOpenQuote(raw, open)) raw += '>';
    else if (!raw.startsWith('?', open + 1)) return parseTag(raw, open, conversation);
    else raw = '';
  }
}

/** Reads what follows a start tag, up to its end. Without recursion: depth is the peer’s to choose. */
export async function readElement(conversation: Conversation, first: Tag): Promise<Element> {
  const stack: {
    name: string;
    attributes: ReadonlyMap<string, string>;
    children: Element[];
    text: string;
  }[] = [];
  let tag = first;
  for (let count = 0; count < MAX_TAGS; count += 1) {
    const parent = stack.at(-1);
    if (parent !== undefined) parent.text += tag.before;
    if (tag.kind === 'start') {
      if (stack.length === MAX_DEPTH) notXmpp(conversation, `elements deeper than ${String(MAX_DEPTH)}`);
      stack.push({ name: tag.name, attributes: tag.attributes, children: [], text: '' });
    } else {
      const done = tag.kind === 'empty' ? { ...tag, children: [], text: '' } : stack.pop();
      if (done?.name !== tag.name) return notXmpp(conversation, `</${safeLine(tag.name, 40)}>`);
      const above = stack.at(-1);
      if (above === undefined) return done;
      above.children.push(done);
    }
    tag = await readTag(conversation);
  }
  return notXmpp(conversation, `an element of more than ${String(MAX_TAGS)} tags`);
}

export function childOf(element: Element, name: string): Element | undefined {
  return element.children.find((child) => child.name === name);
}

/** For what is sent: text and quoted values. */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll("'", '&apos;')
    .replaceAll('"', '&quot;');
}

export function notXmpp({ peer }: Conversation, what: string): never {
  return fail('protocol', 'protocol', `${peer} does not speak XMPP: it sent ${what}`, { got: what });
}

/** Whether a value is still open at the end of what has come of a tag. */
function isOpenQuote(raw: string, from: number): boolean {
  let quote = '';
  for (let at = from; at < raw.length; at += 1) {
    const character = raw.charAt(at);
    if (quote === '') quote = character === '"' || character === "'" ? character : '';
    else if (character === quote) quote = '';
  }
  return quote !== '';
}

function parseTag(raw: string, open: number, conversation: Conversation): Tag {
  const inside = raw.slice(open + 1);
  const kind = inside.startsWith('/') ? 'end' : inside.endsWith('/') ? 'empty' : 'start';
  const body = kind === 'end' ? inside.slice(1) : kind === 'empty' ? inside.slice(0, -1) : inside;
  const [, name] = /^([A-Za-z_][\w:.-]{0,200})(?=\s|$)/.exec(body) ?? [];
  if (name === undefined) return notXmpp(conversation, `"${safeLine(`<${inside}`, 40)}"`);
  const attributes = attributesOf(body.slice(name.length));
  return { kind, name: withoutPrefix(name), attributes, before: unescaped(raw.slice(0, open)) };
}

/** ` a='b' c="d"`, read from quote to quote. */
function attributesOf(text: string): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (let at = 0; attributes.size < 50;) {
    const equals = text.indexOf('=', at);
    if (equals === -1) break;
    const start = text.slice(equals + 1).search(/["']/) + equals + 1;
    const end = start === equals ? -1 : text.indexOf(text.charAt(start), start + 1);
    if (end === -1) break;
    attributes.set(withoutPrefix(text.slice(at, equals).trim()), unescaped(text.slice(start + 1, end)));
    at = end + 1;
  }
  return attributes;
}

function withoutPrefix(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

const ENTITIES: { readonly [name: string]: string | undefined } = {
  amp: '&',
  lt: '<',
  gt: '>',
  apos: "'",
  quot: '"',
};

/** Others stay as they are. */
function unescaped(text: string): string {
  return text.replace(/&([a-z]{2,4});/g, (whole, name: string) => ENTITIES[name] ?? whole);
}
