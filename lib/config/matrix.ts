import { type Json, type JsonObject, isObject } from '../words/json.ts';
import type { PathSegment } from './parsed-text.ts';
import { splitReferences, wholeReference } from './references.ts';
import { showValue } from './structure.ts';

/** One combination of a matrix. */
export interface Combination {
  /** `eu/a`, keys in written order; empty without a matrix */
  readonly suffix: string;
  readonly values: { readonly [key: string]: Json };
}

const MOST_COMBINATIONS = 100_000;

/** What is wrong with a matrix; null when it is a map of lists of scalars. */
export function matrixProblem(
  matrix: Json,
): { readonly path: readonly PathSegment[]; readonly text: string } | null {
  const expected = 'expected a map of lists, such as {region: [eu, us]}';
  if (!isObject(matrix) || Object.keys(matrix).length === 0)
    return { path: [], text: `saw ${showValue(matrix)}, ${expected}` };
  let count = 1;
  for (const [key, values] of Object.entries(matrix)) {
    if (!/^[A-Za-z0-9_-]+$/.test(key))
      return { path: [key], text: 'saw this key, expected letters, digits, _ and - alone' };
    if (!Array.isArray(values) || values.length === 0)
      return { path: [key], text: `saw ${showValue(values)}, expected a list such as [eu, us]` };
    const wrong = (values as readonly Json[]).findIndex((value) => typeof value === 'object');
    if (wrong !== -1)
      return {
        path: [key, wrong],
        text: `saw ${showValue(values[wrong])}, expected a word, a number or a bool`,
      };
    count *= values.length;
  }
  if (count <= MOST_COMBINATIONS) return null;
  return { path: [], text: `saw ${count} combinations, expected at most ${MOST_COMBINATIONS}` };
}

/** All combinations, the last key changing fastest. */
export function combinations(matrix: { readonly [key: string]: readonly Json[] }): readonly Combination[] {
  let sofar: Combination[] = [{ suffix: '', values: {} }];
  for (const [key, values] of Object.entries(matrix)) {
    sofar = sofar.flatMap(({ suffix, values: before }) =>
      values.map((value) => ({
        suffix: `${suffix}${suffix === '' ? '' : '/'}${scalarText(value)}`,
        values: { ...before, [key]: value },
      })),
    );
  }
  return sofar;
}

/** Puts `${matrix.KEY}` in everywhere; a scalar that is nothing else takes the value’s own type. `missing` is told of unknown keys. */
export function fillMatrix(
  value: Json,
  values: Combination['values'],
  missing: (key: string, path: readonly PathSegment[]) => void,
  path: readonly PathSegment[] = [],
): Json {
  if (typeof value === 'string') return fillText(value, values, (key) => missing(key, path));
  if (Array.isArray(value)) {
    return value.map((item: Json, index) => fillMatrix(item, values, missing, [...path, index]));
  }
  if (!isObject(value)) return value;
  const filled = Object.entries(value).map(([key, entry]) => [
    key,
    fillMatrix(entry, values, missing, [...path, key]),
  ]);
  return Object.fromEntries(filled) as JsonObject;
}

function fillText(text: string, values: Combination['values'], missing: (key: string) => void): Json {
  if (!text.includes('${matrix.')) return text;
  const valueOf = (key: string): Json => {
    if (Object.hasOwn(values, key)) return values[key] ?? null;
    missing(key);
    return '';
  };
  const whole = wholeReference(text);
  if (whole?.kind === 'matrix') return valueOf(whole.name);
  // The rest is put in later: it is written again as it was, with its doubled dollars.
  return splitReferences(text)
    .map((segment) => {
      if (segment.kind === 'text') return segment.text.replaceAll('$', '$$$$');
      if (segment.kind === 'fault') return segment.source;
      const { kind, name, source } = segment.reference;
      return kind === 'matrix' ? scalarText(valueOf(name)) : source;
    })
    .join('');
}

function scalarText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
