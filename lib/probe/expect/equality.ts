import type { Json } from '../../words/json.ts';
import { parseNumber } from './amount.ts';

/**
 * Are two values the same to a person who wrote one of them in YAML? `"1.1"` and `1.1`, `5` and `"5.0"` are; null is
 * only null. Lists are the same whatever their order, counting repeats; maps key by key.
 */
export function same(seen: Json, wanted: Json): boolean {
  if (isList(seen) && isList(wanted)) return sameItems(seen, wanted);
  if (typeof seen !== 'object' && typeof wanted !== 'object') return sameScalar(seen, wanted);
  return canonical(seen) === canonical(wanted);
}

/** `Array.isArray` does not narrow readonly lists. */
export function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function sameScalar(seen: string | number | boolean, wanted: string | number | boolean): boolean {
  if (seen === wanted) return true;
  if (typeof seen === 'number' && typeof wanted === 'string') return parseNumber(wanted) === seen;
  return String(seen) === String(wanted);
}

function sameItems(seen: readonly Json[], wanted: readonly Json[]): boolean {
  if (seen.length !== wanted.length) return false;
  const left = new Map<string, number>();
  for (const item of wanted) left.set(canonical(item), (left.get(canonical(item)) ?? 0) + 1);
  for (const item of seen) {
    const count = left.get(canonical(item)) ?? 0;
    if (count === 0) return false;
    left.set(canonical(item), count - 1);
  }
  return true;
}

/** One text for all that is the same: keys sorted, scalars as their text, order inside nested lists kept. */
function canonical(value: Json): string {
  if (value === null) return 'null';
  if (isList(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object') return JSON.stringify(String(value));
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? null)}`).join(',')}}`;
}
