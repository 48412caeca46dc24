import { parseForeignJson } from '../../../words/foreign-json.ts';
import type { Json } from '../../../words/json.ts';

const BOOL = 16;
/** int8, int2, int4, oid, float4, float8, numeric. Source: pg_type.dat */
const NUMBERS: readonly number[] = [20, 21, 23, 26, 700, 701, 1700];
const DOCUMENTS: readonly number[] = [114, 3802];
const MAX_TEXT = 65_536;

/**
 * A value in PostgreSQL’s text form as what it is. Integers beyond 2^53 and NaN stay text, and so does every type without
 * a counterpart in JSON. null: NULL.
 */
export function typedValue(text: string | null, type: number): Json {
  if (text === null) return null;
  const bounded = text.slice(0, MAX_TEXT);
  if (type === BOOL) return bounded === 't' ? true : bounded === 'f' ? false : bounded;
  if (NUMBERS.includes(type)) return numberIn(bounded) ?? bounded;
  if (DOCUMENTS.includes(type) && text.length <= MAX_TEXT) return parseForeignJson(bounded) ?? bounded;
  return bounded;
}

function numberIn(text: string): number | null {
  const number = text === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(number)) return null;
  const isRounded = Number.isInteger(number) && !Number.isSafeInteger(number) && /^-?\d+$/.test(text);
  return isRounded ? null : number;
}
