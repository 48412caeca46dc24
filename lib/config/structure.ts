import type { ErrorObject, ValidateFunction } from 'ajv';
import { didYouMean } from '../words/did-you-mean.ts';
import { safeLine } from '../words/safe-text.ts';
import { HOOKS_OF_A_RUN, LATER_KEYS } from './not-yet.ts';
import type { PathSegment } from './parsed-text.ts';

/** A mistake at a path below the checked value. */
export interface Mistake {
  readonly path: readonly PathSegment[];
  readonly text: string;
  readonly at: 'key' | 'value';
}

/** What a validator made from a schema has against a value; empty when nothing. */
export function checkStructure(validate: ValidateFunction, value: unknown): readonly Mistake[] {
  if (validate(value)) return [];
  const errors = validate.errors ?? [];
  return errors.filter((error) => isTelling(error, errors)).map((error) => explain(error, value));
}

/** What of several alternatives went wrong is said once: by the deepest mistake, else by what all of them are for. */
function isTelling(error: ErrorObject, errors: readonly ErrorObject[]): boolean {
  if (isChoice(error)) return !errors.some((other) => isInside(other, error) && isDeeper(other, error));
  const choice = errors.find((other) => isChoice(other) && isInside(error, other));
  return choice === undefined || isDeeper(error, choice);
}

function isChoice({ keyword }: ErrorObject): boolean {
  return keyword === 'anyOf' || keyword === 'oneOf';
}

function isInside(error: ErrorObject, choice: ErrorObject): boolean {
  return error !== choice && error.schemaPath.startsWith(`${choice.schemaPath}/`);
}

/** Below the value that the choice is about: a map was meant, and something in it is wrong. */
function isDeeper(error: ErrorObject, choice: ErrorObject): boolean {
  if (isChoice(error)) return false;
  return error.keyword === 'additionalProperties' || error.instancePath.length > choice.instancePath.length;
}

function explain(error: ErrorObject, root: unknown): Mistake {
  const path = segments(error.instancePath, root);
  const params = error.params as { readonly [name: string]: unknown };
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params['additionalProperty']);
      return { path: [...path, key], text: unknownKey(key, keysOf(error)), at: 'key' };
    }
    case 'required':
      return { path, text: `saw no ${String(params['missingProperty'])}, expected one`, at: 'value' };
    default:
      return { path, text: `saw ${showValue(error.data)}, expected ${expectation(error)}`, at: 'value' };
  }
}

/** "unknown key", or that it comes later. */
export function unknownKey(key: string, known: readonly string[]): string {
  if (LATER_KEYS.has(key)) return `${key} is not in this version`;
  if (HOOKS_OF_A_RUN.has(key))
    return `saw ${key}, which is about a whole run, expected it in the hooks directory`;
  const meant = didYouMean(key, known);
  return `unknown key${meant === '' ? `, expected one of ${known.slice(0, 60).join(', ')}` : meant}`;
}

function keysOf({ parentSchema }: ErrorObject): string[] {
  const properties = (parentSchema as { properties?: object } | undefined)?.properties;
  return Object.keys(properties ?? {});
}

function expectation({ parentSchema, keyword, params, message }: ErrorObject): string {
  const schema = parentSchema as
    { readonly errorMessage?: unknown; readonly description?: unknown } | undefined;
  if (typeof schema?.errorMessage === 'string') return schema.errorMessage;
  const given = params as { readonly [name: string]: unknown };
  switch (keyword) {
    case 'type':
      return typeName(given['type']);
    case 'enum':
      return (given['allowedValues'] as readonly unknown[]).map((word) => JSON.stringify(word)).join(' or ');
    case 'const':
      return JSON.stringify(given['allowedValue']);
    default:
      return typeof schema?.description === 'string'
        ? schema.description
        : (message ?? keyword).replace(/^must /, '');
  }
}

function typeName(type: unknown): string {
  const names: { readonly [name: string]: string } = {
    object: 'a map',
    array: 'a list',
    string: 'a text',
    integer: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
    null: 'nothing',
  };
  return (Array.isArray(type) ? type : String(type).split(','))
    .map((name) => names[String(name)] ?? String(name))
    .join(' or ');
}

/** What was written, short and harmless. */
export function showValue(value: unknown): string {
  if ((value ?? null) === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null) return 'a map';
  return safeLine(JSON.stringify(value), 60);
}

function segments(pointer: string, root: unknown): PathSegment[] {
  let value = root;
  return pointer
    .split('/')
    .slice(1)
    .map((part) => {
      const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
      const segment = Array.isArray(value) ? Number(key) : key;
      value = (value as { readonly [key: string]: unknown } | null | undefined)?.[key];
      return segment;
    });
}
