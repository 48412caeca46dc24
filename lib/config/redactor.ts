import type { Json } from '../words/json.ts';
import { SHORTEST_SECRET } from './lookup.ts';

const HIDDEN = '***';

/** Replaces secrets in any JSON: in texts, keys of maps, and numbers that are one. What holds none comes back as it is. */
export type Redact = <T>(value: T) => T;

/**
 * Hides every secret of at least six characters in each form in which it may come back: plain, URL-encoded, as base64
 * (also inside longer encoded text, such as `user:secret`), JSON-escaped, and each of its lines.
 */
export function createRedactor(secrets: Iterable<string>): Redact {
  const forms = new Set<string>();
  for (const secret of secrets) for (const form of formsOf(secret)) forms.add(form);
  if (forms.size === 0) return (value) => value;
  const pattern = alternation([...forms]);
  const redactText = (text: string) => text.replace(pattern, HIDDEN);
  // the shape stays; only texts in it change
  return (value) => redactJson(value as Json, redactText) as typeof value;
}

function redactJson(value: Json, redactText: (text: string) => string): Json {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'number') return redactText(String(value)) === HIDDEN ? HIDDEN : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item: Json) => redactJson(item, redactText));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [redactText(key), redactJson(item, redactText)]),
  );
}

function alternation(forms: string[]): RegExp {
  const longestFirst = forms.sort((a, b) => b.length - a.length);
  const escaped = longestFirst.map((form) => form.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
  // Literals alone, so it cannot backtrack.
  // eslint-disable-next-line no-restricted-syntax -- made of escaped literals, no foreign pattern
  return new RegExp(escaped.join('|'), 'g');
}

function formsOf(secret: string): string[] {
  const lines = secret.split(/\r?\n/).map((line) => line.trim());
  return [...new Set([secret, secret.trim(), ...lines])]
    .filter((part) => part.length >= SHORTEST_SECRET)
    .flatMap((part) => [
      part,
      part.replace(/\s+/g, ' '),
      ...jsonForms(part),
      ...urlForms(Buffer.from(part, 'utf8').toString('utf8')),
      ...base64Forms(part),
    ])
    .filter((form) => form.length >= SHORTEST_SECRET);
}

function jsonForms(secret: string): string[] {
  const escaped = JSON.stringify(secret).slice(1, -1);
  const ascii = escaped.replace(/[^\u0020-\u007e]/g, (unit) => `\\u${hex(unit.charCodeAt(0), 4)}`);
  const twice = JSON.stringify(escaped).slice(1, -1);
  return [escaped, ascii, twice, escaped.replaceAll('/', '\\/'), ascii.replaceAll('/', '\\/')];
}

/** encodeURIComponent leaves !’()* as they are, forms write a space as +, and some write hex in lower case. */
function urlForms(secret: string): string[] {
  const component = encodeURIComponent(secret);
  const strict = component.replace(/[!'()*]/g, (sign) => `%${hex(sign.charCodeAt(0), 2).toUpperCase()}`);
  const form = new URLSearchParams([['', secret]]).toString().slice(1);
  return [component, strict, form, encodeURI(secret)].flatMap((encoded) => [
    encoded,
    encoded.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()),
  ]);
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}

/** Inside a longer text the encoding depends on the position modulo three; these are the characters that do not change. */
function base64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const whole = bytes.toString('base64');
  const inside = [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const tail = (offset + bytes.length) % 3 === 0 ? 0 : 1;
    return encoded.slice(offset === 0 ? 0 : offset + 1, encoded.length - tail);
  });
  return [whole, ...inside].flatMap((form) => [form, toBase64Url(form)]);
}

function toBase64Url(form: string): string {
  return form.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}
