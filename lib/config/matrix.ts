import type { Json, JsonObject } from '../words/json.ts';
import { isObject } from '../words/json.ts';

/** One combination of a matrix. */
export interface Combination {
  /** `eu/a`, keys in written order; empty without a matrix */
  readonly suffix: string;
  readonly values: { readonly [key: string]: Json };
}

/** All combinations, the last key changing fastest. */
export function combinations(matrix: { readonly [key: string]: readonly Json[] }): readonly Combination[] {
  let sofar: Combination[] = [{ suffix: '', values: {} }];
  for (const [key, values] of Object.entries(matrix)) {
    sofar = sofar.flatMap(({ suffix, values: before }) =>
      values.map((value) => ({
        suffix: `${suffix}${suffix === '' ? '' : '/'}${String(value)}`,
        values: { ...before, [key]: value },
      })),
    );
  }
  return sofar;
}

const REFERENCE = /\$\{matrix\.([^{}]*)\}/g;

/** Puts `${matrix.KEY}` in everywhere; a scalar that is nothing else takes the value’s own type. `missing` is told of unknown keys. */
export function fillMatrix(
  value: Json,
  values: Combination['values'],
  missing: (key: string, path: readonly (string | number)[]) => void,
  path: readonly (string | number)[] = [],
): Json {
  if (typeof value === 'string') return fillText(value, values, (key) => missing(key, path));
  if (Array.isArray(value))
    return value.map((item: Json, index) => fillMatrix(item, values, missing, [...path, index]));
  if (!isObject(value)) return value;
  const filled = Object.entries(value as JsonObject).map(([key, entry]) => [
    key,
    fillMatrix(entry, values, missing, [...path, key]),
  ]);
  return Object.fromEntries(filled) as JsonObject;
}

function fillText(text: string, values: Combination['values'], missing: (key: string) => void): Json {
  if (!text.includes('${matrix.')) return text;
  const whole = /^\$\{matrix\.([^{}]*)\}$/.exec(text);
  const key = whole?.[1];
  if (key !== undefined && Object.hasOwn(values, key)) return values[key] ?? null;
  return text.replace(REFERENCE, (written, name: string) => {
    if (Object.hasOwn(values, name)) return String(values[name]);
    missing(name);
    return written;
  });
}
