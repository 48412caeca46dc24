import type { Json } from '../words/json.ts';
import type { ParsedText, PathSegment, Place } from './parsed-text.ts';
import { type Flow, flowValue } from './plain-yaml-flow.ts';
import { scalarValue, UNUSUAL, withoutBlanks } from './plain-yaml-scalar.ts';

/**
 * The YAML that configs are mostly written in: block maps and lists, flow collections and quoted texts that end on their
 * line, comments. Read line by line, in a tenth of the time and memory that all of YAML takes. Null for whatever goes
 * beyond that, right or wrong: then yaml has the word, whose reading is the same where this gives one.
 */
export function parsePlainYaml(text: string): ParsedText | null {
  const value = read(text, null);
  if (value === UNUSUAL) return null;
  let places: Places | null = null;
  return {
    value,
    problems: [],
    locate(path, what) {
      if (places === null) read(text, (places = new Map()));
      return placeAt(text, nearest(places, path, what));
    },
  };
}

/** By path as JSON: where a key and its value (a list’s item: the item twice) begin, as offsets in the text. */
type Places = Map<string, { readonly key: number; readonly value: number }>;

/** One line with something on it. */
interface Line {
  /** of its first character that is no blank */
  readonly indent: number;
  /** of that character in the text */
  readonly offset: number;
  /** from there on, without blanks at its end */
  readonly text: string;
}

const DEEPEST = 50;
/** What YAML takes for a line end or a blank in some places, or not at all. */
const STRANGE = /[^\n\x20-\x7e\xa0-\u2027\u202a-\ufefe\uff00-\uffff]/;
/** A key that is plain in block and flow alike. */
const KEY = /^([A-Za-z0-9_$][A-Za-z0-9_.$/-]*):(?: +|$)/;

function read(text: string, places: Places | null): Json | typeof UNUSUAL {
  if (STRANGE.test(text)) return UNUSUAL;
  const lines = linesOf(text);
  const path: PathSegment[] = [];
  let at = 0;
  const note = (key: number, value: number) => void places?.set(JSON.stringify(path), { key, value });
  const flow: Flow = { path, note: places === null ? null : note };

  /** Where a value begins that is not on the line of its key or item. */
  const nestedAt = (rest: string, offset: number, indent: number, isItem: boolean): number => {
    const next = lines[at];
    const isNested = next !== undefined && (next.indent > indent || (!isItem && isListAt(next, indent)));
    return isNested && (rest === '' || rest.startsWith('#')) ? next.offset : offset;
  };
  /** The value whose text is `rest`, at `offset`, of a key or item that stands at `indent`. */
  const valueOf = (rest: string, offset: number, indent: number, isItem: boolean): Json | typeof UNUSUAL => {
    if (rest === '' || rest.startsWith('#')) return nested(indent, isItem);
    const next = lines[at];
    // What is indented further would go on with this scalar.
    if (next !== undefined && next.indent > indent) return UNUSUAL;
    const first = rest.charCodeAt(0);
    return first === BRACKET || first === BRACE ? flowValue(rest, offset, flow) : scalarValue(rest);
  };
  const nested = (indent: number, isItem: boolean): Json | typeof UNUSUAL => {
    const next = lines[at];
    if (next === undefined || next.indent < indent) return null;
    if (next.indent > indent) return block(next.indent);
    // A list may stand at the indentation of the key that it belongs to.
    return !isItem && isListAt(next, indent) ? list(indent) : null;
  };
  const block = (indent: number): Json | typeof UNUSUAL => {
    const line = lines[at];
    if (line === undefined || path.length > DEEPEST) return UNUSUAL;
    return isListItem(line.text) ? list(indent) : map(indent);
  };
  const list = (indent: number): Json | typeof UNUSUAL => {
    const items: Json[] = [];
    for (let line = lines[at]; line?.indent === indent && isListItem(line.text); line = lines[at]) {
      const content = line.text.slice(1).replace(/^ +/, '');
      const inner = line.text.length - content.length;
      path.push(items.length);
      let value: Json | typeof UNUSUAL;
      if (KEY.test(content)) {
        // `- name: x`: a map that begins on the line of its item
        lines[at] = { indent: indent + inner, offset: line.offset + inner, text: content };
        note(line.offset + inner, line.offset + inner);
        value = map(indent + inner);
      } else {
        at += 1;
        const start = nestedAt(content, line.offset + inner, indent, true);
        note(start, start);
        value = isListItem(content) ? UNUSUAL : valueOf(content, line.offset + inner, indent, true);
      }
      path.pop();
      if (value === UNUSUAL) return UNUSUAL;
      items.push(value);
    }
    return ended(indent) ? items : UNUSUAL;
  };
  const map = (indent: number): Json | typeof UNUSUAL => {
    const entries: { [key: string]: Json } = {};
    for (let line = lines[at]; line?.indent === indent; line = lines[at]) {
      const [head = '', key = ''] = KEY.exec(line.text) ?? [];
      if (key === '' || key === '__proto__' || Object.hasOwn(entries, key)) return UNUSUAL;
      at += 1;
      path.push(key);
      const [rest, offset] = [line.text.slice(head.length), line.offset + head.length];
      note(line.offset, nestedAt(rest, offset, indent, false));
      const value = valueOf(rest, offset, indent, false);
      path.pop();
      if (value === UNUSUAL) return UNUSUAL;
      entries[key] = value;
    }
    return ended(indent) ? entries : UNUSUAL;
  };
  /** Whether what follows a block belongs to one around it. */
  const ended = (indent: number): boolean =>
    (lines[at]?.indent ?? -1) < indent || isAfterList(lines[at], indent);

  const first = lines[0];
  if (first?.indent !== 0) return UNUSUAL;
  note(first.offset, first.offset);
  const value = map(0);
  return at === lines.length ? value : UNUSUAL;
}

const BRACKET = 0x5b;
const BRACE = 0x7b;

/** A list at the indentation of its key ends with the next key there. */
function isAfterList(line: Line | undefined, indent: number): boolean {
  return line?.indent === indent && !isListItem(line.text);
}

function isListAt(line: Line, indent: number): boolean {
  return line.indent === indent && isListItem(line.text);
}

function isListItem(text: string): boolean {
  return text === '-' || text.startsWith('- ');
}

function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  for (let from = 0; from < text.length;) {
    const end = text.indexOf('\n', from);
    const to = end === -1 ? text.length : end;
    let start = from;
    while (start < to && text.charCodeAt(start) === 0x20) start += 1;
    if (start < to && text.charCodeAt(start) !== 0x23)
      lines.push({ indent: start - from, offset: start, text: withoutBlanks(text.slice(start, to)) });
    from = to + 1;
  }
  return lines;
}

/** The nearest place at or above the path. */
function nearest(places: Places, path: readonly PathSegment[], what: 'key' | 'value'): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const place = places.get(JSON.stringify(path.slice(0, length)));
    if (place !== undefined) return length === path.length && what === 'key' ? place.key : place.value;
  }
  return 0;
}

function placeAt(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, col: offset - before.lastIndexOf('\n') };
}
