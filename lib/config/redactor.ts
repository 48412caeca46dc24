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
  const keeper = createSecretKeeper();
  keeper.add(secrets);
  return keeper.redact;
}

/**
 * The secrets of all services of a run: one that the server of another service has got hold of is hidden as well.
 */
export interface SecretKeeper {
  readonly add: (secrets: Iterable<string>) => void;
  /** hides all that have been added by the time it is called */
  readonly redact: Redact;
}

export function createSecretKeeper(): SecretKeeper {
  const secrets = new Set<string>();
  let redactText: ((text: string) => string) | null = null;
  const text = (value: string) => (redactText ??= textRedactor(secrets))(value);
  return {
    add: (added) => {
      const before = secrets.size;
      for (const secret of added) if (secret.length >= SHORTEST_SECRET) secrets.add(secret);
      if (secrets.size > before) redactText = null;
    },
    // the shape stays; only texts in it change
    redact: (value) => (secrets.size === 0 ? value : (redactJson(value as Json, text) as typeof value)),
  };
}

/** More forms than this are looked up by their beginnings: a pattern of so many alternatives tries each at each place. */
const MOST_IN_PATTERN = 200;

function textRedactor(secrets: ReadonlySet<string>): (text: string) => string {
  const forms = new Set<string>();
  for (const secret of secrets) for (const form of formsOf(secret)) forms.add(form);
  if (forms.size === 0) return (text) => text;
  const longestFirst = [...forms].sort((a, b) => b.length - a.length);
  if (forms.size > MOST_IN_PATTERN) return byBeginnings(longestFirst);
  const pattern = alternation(longestFirst);
  return (text) => text.replace(pattern, HIDDEN);
}

function byBeginnings(longestFirst: readonly string[]): (text: string) => string {
  const byBeginning = new Map<string, string[]>();
  for (const form of longestFirst) {
    const beginning = form.slice(0, SHORTEST_SECRET);
    const alike = byBeginning.get(beginning);
    if (alike === undefined) byBeginning.set(beginning, [form]);
    else alike.push(form);
  }
  return (text) => {
    let shown = '';
    let done = 0;
    for (let at = 0; at + SHORTEST_SECRET <= text.length; at += 1) {
      const alike = byBeginning.get(text.slice(at, at + SHORTEST_SECRET));
      const form = alike?.find((known) => text.startsWith(known, at));
      if (form === undefined) continue;
      shown += text.slice(done, at) + HIDDEN;
      done = at + form.length;
      at = done - 1;
    }
    return done === 0 ? text : shown + text.slice(done);
  };
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

function alternation(longestFirst: readonly string[]): RegExp {
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
