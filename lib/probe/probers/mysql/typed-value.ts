import { parseForeignJson } from '../../../words/foreign-json.ts';
import type { Json } from '../../../words/json.ts';

/** decimal, tiny, short, long, float, double, longlong, int24, year, newdecimal. Source: dev.mysql.com, “enum_field_types” */
const NUMBERS: readonly number[] = [0, 1, 2, 3, 4, 5, 8, 9, 13, 246];
const DOCUMENT = 245;
const MAX_TEXT = 65_536;

/**
 * A value in MySQL’s text form as what it is. Integers beyond 2^53 stay text, and so does every type without a
 * counterpart in JSON. null: NULL.
 */
export function typedValue(text: string | null, type: number): Json {
  if (text === null) return null;
  const bounded = text.slice(0, MAX_TEXT);
  if (NUMBERS.includes(type)) return numberIn(bounded) ?? bounded;
  if (type === DOCUMENT && text.length <= MAX_TEXT) return parseForeignJson(bounded) ?? bounded;
  return bounded;
}

function numberIn(text: string): number | null {
  const number = text === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(number)) return null;
  const isRounded = Number.isInteger(number) && !Number.isSafeInteger(number) && /^-?\d+$/.test(text);
  return isRounded ? null : number;
}
