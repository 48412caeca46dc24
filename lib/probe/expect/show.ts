import { isObject, type Json } from '../../words/json.ts';
import { safeLine } from '../../words/safe-text.ts';
import { isList } from './equality.ts';

const PLAIN_WORD = /^[\w.:/+-]+$/;

/** A value for one line of text: words bare, other text in quotes, made safe, at most about `max` characters. */
export function show(value: Json | undefined, max = 80): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'string') {
    const line = safeLine(value, max);
    return PLAIN_WORD.test(line) ? line : JSON.stringify(line);
  }
  if (typeof value !== 'object') return String(value);
  const shown = isList(value) ? showItems(value, max) : showEntries(value, max);
  return safeLine(shown, max * 3);
}

function showItems(items: readonly Json[], max: number): string {
  if (items.length === 0) return 'an empty list';
  return (
    items
      .slice(0, 10)
      .map((item) => showPart(item, max))
      .join(', ') + more(items.length)
  );
}

function showEntries(map: { readonly [key: string]: Json }, max: number): string {
  const keys = Object.keys(map);
  const entries = keys.slice(0, 10).map((key) => `${safeLine(key, 40)}: ${showPart(map[key] ?? null, max)}`);
  return `{${entries.join(', ')}${more(keys.length)}}`;
}

function showPart(part: Json, max: number): string {
  if (isList(part)) return `a list of ${part.length}`;
  return isObject(part) ? 'a map' : show(part, max);
}

function more(count: number): string {
  return count > 10 ? ` and ${count - 10} more` : '';
}

/** A value for `got`: the same shape, but bounded to about `budget` characters in all, and safe. */
export function boundedValue(value: Json, budget = 2048): Json {
  const left = { characters: budget };
  return shrink(value, left, 0);
}

function shrink(value: Json, left: { characters: number }, depth: number): Json {
  left.characters -= 2;
  if (typeof value === 'string') {
    const line = safeLine(value, Math.max(8, Math.min(512, left.characters)));
    left.characters -= line.length;
    return line;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (depth > 8) return '…';
  if (isList(value)) return shrinkList(value, left, depth);
  return shrinkMap(value, left, depth);
}

function shrinkMap(map: { readonly [key: string]: Json }, left: { characters: number }, depth: number): Json {
  const kept: [string, Json][] = [];
  for (const key of Object.keys(map)) {
    if (left.characters <= 0) break;
    left.characters -= Math.min(100, key.length);
    kept.push([safeLine(key, 100), shrink(map[key] ?? null, left, depth + 1)]);
  }
  return Object.fromEntries(kept);
}

function shrinkList(items: readonly Json[], left: { characters: number }, depth: number): Json[] {
  const kept: Json[] = [];
  for (const item of items) {
    if (left.characters <= 0) break;
    kept.push(shrink(item, left, depth + 1));
  }
  return kept;
}
