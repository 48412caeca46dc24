import { FOREIGN_BODY } from '../words/foreign-body.ts';
import {
  type Fields,
  RAW_MAP,
  TIME,
  oneOf,
  orNull,
  readFields,
  showForeign,
  withAbsent,
} from '../words/foreign-fields.ts';
import { isObject } from '../words/json.ts';
import type { Result } from '../words/result.ts';

const SCHEMA = 'puptime.result.v1';

const RESULT: Fields<Result> = {
  schema: oneOf([SCHEMA]),
  ...FOREIGN_BODY,
  // As it came: it is compared with what a run without a pipe would have remembered.
  watched: withAbsent(orNull(RAW_MAP), null),
  started: TIME,
};

/**
 * A result that came through a pipe, maybe from another host: every field checked, bounded and made safe, fields that are
 * not known here left out. Or one line: which field, what was seen, what was expected. `value` is parsed JSON.
 * Source: schema/result.schema.json.
 */
export function readResult(value: unknown): Result | string {
  if (!isObject(value)) return `it is ${showForeign(value)}, expected a JSON object`;
  if (value.schema !== SCHEMA) return `schema is ${showForeign(value.schema)}, expected "${SCHEMA}"`;
  return readFields(RESULT, value);
}
