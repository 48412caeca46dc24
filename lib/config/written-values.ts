import type { Json } from '../words/json.ts';
import { parseDuration } from '../words/units.ts';

/** A word or a list of words as a list; nothing is an empty one. */
export function wordsOf(value: Json | undefined): string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.map(String) : [];
}

/** A text as it is, anything else as null. */
export function textOf(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

/** The milliseconds of a duration; null when there is none. */
export function durationOf(value: Json | undefined): number | null {
  return typeof value === 'string' ? parseDuration(value) : null;
}
