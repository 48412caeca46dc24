import { BER, ber, berText } from '../../wire/ber.ts';

/** A filter is not one. `message` says what was seen and what was expected. */
export class FilterBroken extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'FilterBroken';
  }
}

const MAX_DEPTH = 20;
const SETS: Readonly<Record<string, number>> = { '&': 0xa0, '|': 0xa1 };
const COMPARISONS: Readonly<Record<string, number>> = { '=': 0xa3, '>=': 0xa5, '<=': 0xa6, '~=': 0xa8 };
const PRESENT = 0x87;
const SUBSTRINGS = 0xa4;
const NOT = 0xa2;
const EXTENSIBLE = 0xa9;

/** The filter `(&(objectClass=person)(uid=a*))` as a request has it. Source: RFC 4515, RFC 4511 §4.5.1. Throws FilterBroken. */
export function encodeFilter(text: string): Buffer {
  // As every command-line tool does: the outermost brackets may be left out.
  const whole = text.startsWith('(') ? text : `(${text})`;
  const { encoded, end } = filterAt(whole, 0, 0);
  if (end !== whole.length)
    throw new FilterBroken(`saw "${whole.slice(end, end + 20)}" behind its end, expected nothing there`);
  return encoded;
}

interface Encoded {
  readonly encoded: Buffer;
  /** where the text goes on */
  readonly end: number;
}

function filterAt(text: string, at: number, depth: number): Encoded {
  if (depth > MAX_DEPTH) throw new FilterBroken(`saw more than ${String(MAX_DEPTH)} brackets in each other`);
  if (text[at] !== '(') throw new FilterBroken(`saw "${text.slice(at, at + 20)}", expected a bracket "("`);
  const sign = text[at + 1] ?? '';
  const set = SETS[sign];
  if (set !== undefined) {
    const parts: Buffer[] = [];
    let end = at + 2;
    while (text[end] === '(') {
      const part = filterAt(text, end, depth + 1);
      parts.push(part.encoded);
      end = part.end;
    }
    return { encoded: ber(set, ...parts), end: closed(text, end) };
  }
  if (sign === '!') {
    const part = filterAt(text, at + 2, depth + 1);
    return { encoded: ber(NOT, part.encoded), end: closed(text, part.end) };
  }
  const close = text.indexOf(')', at);
  if (close === -1) throw new FilterBroken('saw no bracket ")" at its end');
  return { encoded: encodeItem(text.slice(at + 1, close)), end: close + 1 };
}

function closed(text: string, at: number): number {
  if (text[at] === ')') return at + 1;
  throw new FilterBroken(`saw "${text.slice(at, at + 20)}", expected a bracket ")"`);
}

function encodeItem(item: string): Buffer {
  const equals = item.indexOf('=');
  const before = item[equals - 1] ?? '';
  const operator = '<>~'.includes(before) && before !== '' ? `${before}=` : '=';
  const name = item.slice(0, equals - operator.length + 1);
  const value = item.slice(equals + 1);
  if (equals < 1 || name === '')
    throw new FilterBroken(`saw "(${item})", expected a comparison such as (uid=probe)`);
  if (name.endsWith(':')) return encodeExtensible(name.slice(0, -1), value);
  if (!/^[A-Za-z0-9][A-Za-z0-9.;-]*$/.test(name))
    throw new FilterBroken(`saw "${name}", expected the name of an attribute`);
  if (operator === '=' && value === '*') return berText(name, PRESENT);
  if (operator === '=' && value.includes('*')) return encodeSubstrings(name, value.split('*'));
  const tag = COMPARISONS[operator] ?? 0;
  return ber(tag, berText(name), ber(BER.octets, unescaped(value)));
}

/** `a*b*c`: what it begins with, has in it, ends with. */
function encodeSubstrings(name: string, pieces: readonly string[]): Buffer {
  const encoded = pieces.flatMap((piece, index) => {
    if (piece === '') return [];
    const tag = index === 0 ? 0x80 : index === pieces.length - 1 ? 0x82 : 0x81;
    return [ber(tag, unescaped(piece))];
  });
  return ber(SUBSTRINGS, berText(name), ber(BER.sequence, ...encoded));
}

/** `memberOf:1.2.840.113556.1.4.1941:=cn=a`, `cn:dn:=a` */
function encodeExtensible(left: string, value: string): Buffer {
  const [name = '', ...rest] = left.split(':');
  const dn = rest[0] === 'dn';
  const [rule = ''] = dn ? rest.slice(1) : rest;
  return ber(
    EXTENSIBLE,
    ...(rule === '' ? [] : [berText(rule, 0x81)]),
    ...(name === '' ? [] : [berText(name, 0x82)]),
    ber(0x83, unescaped(value)),
    ...(dn ? [ber(0x84, Buffer.from([0xff]))] : []),
  );
}

/** `\2a` is a star. */
function unescaped(value: string): Buffer {
  const [first = '', ...rest] = value.split('\\');
  const parts = rest.map((part) => {
    if (!/^[0-9a-f]{2}/i.test(part))
      throw new FilterBroken(`saw "\\${part.slice(0, 2)}", expected two hex digits behind a backslash`);
    return Buffer.concat([Buffer.from(part.slice(0, 2), 'hex'), Buffer.from(part.slice(2), 'utf8')]);
  });
  return Buffer.concat([Buffer.from(first, 'utf8'), ...parts]);
}
