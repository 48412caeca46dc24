import { isObject, type Json } from '../words/json.ts';

/**
 * A value as text that is equal exactly when two values mean the same to a watch: the order of keys never counts,
 * and at the top, where a list is a set of answers, order and repeats do not either.
 */
export function canonical(value: Json): string {
  return Array.isArray(value) ? `{${items(value).join(',')}}` : ordered(value);
}

/** The items of a set as canonical texts, sorted, each once. */
export function items(list: readonly Json[]): readonly string[] {
  return [...new Set(list.map(ordered))].sort();
}

/** JSON with the keys of its maps in order. */
export function ordered(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(ordered).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${ordered(item)}`).join(',')}}`;
}
