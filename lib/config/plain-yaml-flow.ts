import type { Json } from '../words/json.ts';
import type { PathSegment } from './parsed-text.ts';
import { UNUSUAL, plainValue, quotedText, withoutBlanks } from './plain-yaml-scalar.ts';

/** Where a flow collection stands, and who wants to know where its parts do. */
export interface Flow {
  readonly path: PathSegment[];
  readonly note: ((key: number, value: number) => void) | null;
}

const DEEPEST = 20;
const KEY = /^[A-Za-z0-9_$][A-Za-z0-9_.$/-]*$/;
/** Up to where a plain scalar in a flow collection may go; what is strange ends it too, and is refused then. */
const PLAIN = /[^,[\]{}"'#\n]*/y;

/** A list or a map in brackets that is the rest of its line (a comment after it perhaps) and begins at `offset` of the text. */
export function flowValue(rest: string, offset: number, { path, note }: Flow): Json | typeof UNUSUAL {
  let at = 0;
  const skip = () => {
    while (rest[at] === ' ') at += 1;
  };
  const value = (depth: number): Json | typeof UNUSUAL => {
    if (depth > DEEPEST) return UNUSUAL;
    if (rest[at] === '[') return list(depth);
    if (rest[at] === '{') return map(depth);
    return scalar();
  };
  const scalar = (): Json | typeof UNUSUAL => {
    const quote = rest[at];
    if (quote === '"' || quote === "'") {
      const end = rest.indexOf(quote, at + 1);
      if (end === -1) return UNUSUAL;
      const text = quotedText(rest.slice(at, end + 1));
      at = end + 1;
      return text;
    }
    PLAIN.lastIndex = at;
    const text = withoutBlanks(PLAIN.exec(rest)?.[0] ?? '');
    // Nothing between two commas is null to YAML, and a mistake to people.
    if (text === '') return UNUSUAL;
    at += text.length;
    return plainValue(text);
  };
  /** After an item: true where another one follows, false at the end, null where it is neither. */
  const goesOn = (end: string): boolean | null => {
    skip();
    const mark = rest[at];
    at += 1;
    if (mark === end) return false;
    skip();
    return mark === ',' && rest[at] !== end ? true : null;
  };
  const list = (depth: number): Json | typeof UNUSUAL => {
    const items: Json[] = [];
    at += 1;
    skip();
    if (rest[at] === ']') {
      at += 1;
      return items;
    }
    for (let more: boolean | null = true; more; more = goesOn(']')) {
      path.push(items.length);
      note?.(offset + at, offset + at);
      const item = value(depth + 1);
      path.pop();
      if (item === UNUSUAL) return UNUSUAL;
      items.push(item);
      if (!/^ *[,\]]/.test(rest.slice(at, at + 200))) return UNUSUAL;
    }
    return rest[at - 1] === ']' ? items : UNUSUAL;
  };
  const map = (depth: number): Json | typeof UNUSUAL => {
    const entries: { [key: string]: Json } = {};
    at += 1;
    skip();
    if (rest[at] === '}') {
      at += 1;
      return entries;
    }
    for (let more: boolean | null = true; more; more = goesOn('}')) {
      const colon = rest.indexOf(': ', at);
      const key = colon === -1 ? '' : rest.slice(at, colon);
      if (!KEY.test(key) || key === '__proto__' || Object.hasOwn(entries, key)) return UNUSUAL;
      const start = at;
      at = colon + 1;
      skip();
      path.push(key);
      note?.(offset + start, offset + at);
      const entry = value(depth + 1);
      path.pop();
      if (entry === UNUSUAL) return UNUSUAL;
      entries[key] = entry;
      if (!/^ *[,}]/.test(rest.slice(at, at + 200))) return UNUSUAL;
    }
    return rest[at - 1] === '}' ? entries : UNUSUAL;
  };

  const whole = value(0);
  return /^$|^ +#|^ +$/.test(rest.slice(at)) ? whole : UNUSUAL;
}
