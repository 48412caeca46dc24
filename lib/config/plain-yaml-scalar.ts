import type { Json } from '../words/json.ts';

/** Not for the reader of plain YAML: the text must be read by yaml. */
export const UNUSUAL: unique symbol = Symbol('unusual');

/** What else than a plain scalar a text is that begins so. */
const INDICATOR = /^[[\]{},#&*!|>'"%@`]|^[-?:](?: |$)/;
/** The core schema of YAML 1.2; numbers in other forms than plain decimal are left to yaml. */
const WORDS: ReadonlyMap<string, Json> = new Map<string, Json>([
  ...['null', 'Null', 'NULL', '~'].map((word) => [word, null] as const),
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
]);
const WHOLE = /^-?(?:0|[1-9]\d{0,14})$/;
const MAYBE_NUMBER = /^[-+]?\.?(?:\d|inf$|Inf$|INF$|nan$|NaN$|NAN$)/;
const OTHER_NUMBER =
  /^[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|0[ox][\da-fA-F]+|\.(?:inf|Inf|INF|nan|NaN|NAN))$/;

/** A scalar that is the rest of its line, a comment after it perhaps. */
export function scalarValue(rest: string): Json | typeof UNUSUAL {
  const first = rest[0];
  if (first === '"' || first === "'") {
    const end = rest.indexOf(first, 1);
    if (end === -1 || !/^$|^ +#|^ +$/.test(rest.slice(end + 1))) return UNUSUAL;
    return quotedText(rest.slice(0, end + 1));
  }
  const comment = rest.indexOf(' #');
  return plainValue(comment === -1 ? rest : withoutBlanks(rest.slice(0, comment)));
}

/** `"text"` or `'text'` without anything to unescape. */
export function quotedText(quoted: string): string | typeof UNUSUAL {
  return quoted.startsWith('"') && quoted.includes('\\') ? UNUSUAL : quoted.slice(1, -1);
}

/** A plain scalar by itself. */
export function plainValue(text: string): Json | typeof UNUSUAL {
  if (INDICATOR.test(text) || text.includes(': ') || text.endsWith(':')) return UNUSUAL;
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  if (!MAYBE_NUMBER.test(text)) return text;
  if (WHOLE.test(text) && text !== '-0') return Number(text);
  return OTHER_NUMBER.test(text) ? UNUSUAL : text;
}

/** Without blanks at its end, and only those: other white space belongs to the text. */
export function withoutBlanks(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0x20) end -= 1;
  return text.slice(0, end);
}
