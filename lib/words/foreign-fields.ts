import { isObject, type Json, type JsonObject } from './json.ts';
import { safeLine, safeText } from './safe-text.ts';

/** Foreign JSON does not hold what is expected: where (`reasons[1].code`), what was seen, what was expected. */
export class Mismatch extends Error {
  constructor(where: string, seen: unknown, expected: string) {
    super(`${where} is ${showForeign(seen)}, expected ${expected}`);
    this.name = 'Mismatch';
  }
}

/** How one field of a foreign JSON object is read. */
export interface Field<T> {
  /** for “expected …” */
  readonly expected: string;
  /** The value, made safe and bounded, without what is not known here. Throws Mismatch; `also` is what else may be. */
  readonly read: (value: unknown, where: string, also?: string) => T;
  /** what an absent field means; without it the field must be there */
  readonly absent?: T;
}

export type Fields<T> = { readonly [K in keyof T]-?: Field<T[K]> };

/** A foreign object with the fields that are known here, or one line: which field, what was seen, what was expected. */
export function readFields<T>(fields: Fields<T>, value: { readonly [name: string]: unknown }): T | string {
  try {
    return readMap(fields, value, '');
  } catch (error) {
    if (error instanceof Mismatch) return error.message;
    throw error;
  }
}

/** What was seen, short and safe, however large or deep it is. */
export function showForeign(value: unknown): string {
  return value === undefined ? 'missing' : safeLine(JSON.stringify(beginningOf(value, 4)), 80);
}

function beginningOf(value: unknown, depth: number): unknown {
  if (isText(value)) return value.slice(0, 100);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return '…';
  if (Array.isArray(value)) return value.slice(0, 20).map((item) => beginningOf(item, depth - 1));
  const entries = Object.entries(value).slice(0, 20);
  return Object.fromEntries(
    entries.map(([key, entry]) => [key.slice(0, 100), beginningOf(entry, depth - 1)]),
  );
}

export function orNull<T>(field: Field<T>): Field<T | null> {
  return {
    expected: `${field.expected} or null`,
    read: (value, where) => (value === null ? null : field.read(value, where, ' or null')),
  };
}

export function withAbsent<T>(field: Field<T>, absent: T): Field<T> {
  return { ...field, absent };
}

/** One line; longer ones are cut. */
export function line(max: number): Field<string> {
  return plain('a text', (value) => (isText(value) ? safeLine(value, max) : undefined));
}

/** A text that may have lines; longer ones are cut. */
export function prose(max: number): Field<string> {
  return plain('a text', (value) => (isText(value) ? safeText(value, max) : undefined));
}

/** A text of a fixed form, taken as it is. */
export function textLike(expected: string, holds: (text: string) => boolean): Field<string> {
  return plain(expected, (value) => (isText(value) && holds(value) ? value : undefined));
}

export function oneOf<const T extends string | number>(words: readonly T[]): Field<T> {
  return plain(`${words.length > 1 ? 'one of ' : ''}${words.join(', ')}`, (value) =>
    words.find((word) => word === value),
  );
}

export function listOf<T>(max: number, item: Field<T>): Field<readonly T[]> {
  const expected = `a list of at most ${max}`;
  return {
    expected,
    read: (value, where, also = '') => {
      if (!Array.isArray(value) || value.length > max) throw new Mismatch(where, value, expected + also);
      return value.map((one, index) => item.read(one, `${where}[${index}]`));
    },
  };
}

export function mapOf<T extends object>(fields: Fields<T>): Field<T> {
  return {
    expected: 'a map',
    read: (value, where, also = '') => {
      if (!isObject(value)) throw new Mismatch(where, value, `a map${also}`);
      return readMap(fields, value, `${where}.`);
    },
  };
}

export const BOOLEAN = plain('true or false', (value) => (typeof value === 'boolean' ? value : undefined));

/** Finite and not negative. */
export const AMOUNT = plain('a number of at least 0', (value) =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined,
);

export const TIME = textLike(
  'a time as in 2026-11-21T12:00:00.123Z',
  (text) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(text) && !Number.isNaN(Date.parse(text)),
);

/** Levels of maps and lists in a JSON value, and values in it. */
const DEEPEST = 64;
const MOST_VALUES = 200_000;
/** Characters kept of a key and of a text in it. */
const KEY_MAX = 500;
const TEXT_MAX = 65_536;

/** Any JSON, its texts and keys made safe. */
export const SAFE_JSON = jsonField('JSON', safely);
/** The same, and it is a map. */
export const SAFE_MAP = onlyMap(jsonField('a map', safely));
/** Any map just as it came: for what is compared with what another run saw. */
export const RAW_MAP = onlyMap(jsonField('a map', (text) => text));

function jsonField(what: string, tame: (text: string, isKey: boolean) => string): Field<Json> {
  return plain(`${what} of at most ${MOST_VALUES} values, ${DEEPEST} deep`, (value) => {
    let left = MOST_VALUES;
    const copy = (part: unknown, depth: number): Json | undefined => {
      if (typeof part === 'string') return tame(part, false);
      if (part === null || typeof part === 'number' || typeof part === 'boolean') return part;
      if (typeof part !== 'object' || depth === 0) return undefined;
      const entries = Object.entries(part);
      left -= entries.length;
      if (left < 0) return undefined;
      const copies: [string, Json][] = [];
      for (const [key, entry] of entries) {
        const copied = copy(entry, depth - 1);
        if (copied === undefined) return undefined;
        copies.push([tame(key, true), copied]);
      }
      return Array.isArray(part) ? copies.map(([, entry]) => entry) : Object.fromEntries(copies);
    };
    return copy(value, DEEPEST);
  });
}

function onlyMap({ expected, read }: Field<Json>): Field<JsonObject> {
  return {
    expected,
    read: (value, where, also = '') => {
      if (!isObject(value)) throw new Mismatch(where, value, expected + also);
      return read(value, where, also) as JsonObject; // what is read from a map is a map
    },
  };
}

function safely(text: string, isKey: boolean): string {
  return isKey ? safeLine(text, KEY_MAX) : safeText(text, TEXT_MAX);
}

/** `take` gives undefined for what is not as expected. */
function plain<T>(expected: string, take: (value: unknown) => T | undefined): Field<T> {
  return {
    expected,
    read: (value, where, also = '') => {
      const taken = take(value);
      if (taken === undefined) throw new Mismatch(where, value, expected + also);
      return taken;
    },
  };
}

function readMap<T>(fields: Fields<T>, value: { readonly [name: string]: unknown }, before: string): T {
  const read: { [name: string]: unknown } = {};
  const list: [string, Field<unknown>][] = Object.entries(fields);
  for (const [name, field] of list) {
    const seen = Object.hasOwn(value, name) ? value[name] : undefined;
    if (seen === undefined && field.absent === undefined)
      throw new Mismatch(`${before}${name}`, seen, field.expected);
    read[name] = seen === undefined ? field.absent : field.read(seen, `${before}${name}`);
  }
  return read as T; // every one of its fields was read by its own reader
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
