import type { JsonSchema } from '../words/json.ts';

/**
 * What the config’s schema is made of. `errorMessage` completes "expected …": editors show it, and the messages of
 * `validate` are made with it.
 */

export const DURATION: JsonSchema = {
  type: 'string',
  pattern: '^[0-9]+(\\.[0-9]+)?(ms|s|m|h|d)$',
  errorMessage: 'a duration such as 500ms, 30s, 5m, 2h or 1d',
};
export const COUNT: JsonSchema = {
  type: 'integer',
  minimum: 0,
  maximum: 1000,
  errorMessage: 'a whole number, 0 to 1000',
};
export const COUNT_FROM_1: JsonSchema = {
  type: 'integer',
  minimum: 1,
  maximum: 1000,
  errorMessage: 'a whole number, 1 to 1000',
};
export const TEXT: JsonSchema = { type: 'string', errorMessage: 'a text' };
export const FLAG: JsonSchema = { type: 'boolean', errorMessage: 'true or false' };
/** Takes back what `defaults` say. */
export const NONE: JsonSchema = { const: 'none' };
export const WORDS: JsonSchema = {
  anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
  errorMessage: 'a word or a list of words',
};
export const ARGV: JsonSchema = {
  type: 'array',
  items: { type: 'string' },
  minItems: 1,
  errorMessage: 'a list (no shell reads it), such as [/usr/bin/test, -e, /run/x]',
};
export const EXECUTABLES: JsonSchema = {
  anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
  errorMessage: 'the path of an executable, or a list of them',
};
