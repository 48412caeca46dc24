import { Ajv2020 } from 'ajv/dist/2020.js';
import standalone from 'ajv/dist/standalone/index.js';
import {
  SHARED_ENTRY,
  SHARED_KEYS,
  TOP_KEYS,
  optionsSchema,
  withReferences,
} from '../lib/config/config-schema.ts';
import type { Json, JsonSchema } from '../lib/words/json.ts';
import type { Prober } from '../lib/probe/prober.ts';

/** Validators as code, so that checking a config neither loads ajv nor compiles a schema. */
export function renderValidators(probers: readonly Prober<never>[]): string {
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    verbose: true,
    logger: false,
    code: { source: true, esm: true, lines: true },
  });
  const names: { [exported: string]: string } = {};
  const add = (name: string, schema: JsonSchema) => {
    ajv.addSchema(withoutRunTime(schema), name);
    names[name] = name;
  };
  add('top', {
    type: 'object',
    properties: { ...TOP_KEYS, defaults: { type: 'object' }, services: { type: 'array' } },
    patternProperties: { '^x-': true },
    additionalProperties: false,
  });
  add('defaults', defaultsSchema(probers));
  add('shared', SHARED_ENTRY);
  for (const prober of probers) add(`options_${prober.type}`, optionsSchema(prober));
  const code = standalone.default(ajv, names);
  if (code.includes('require('))
    throw new Error(
      'a schema uses a keyword that needs ajv at run time (minLength, uniqueItems, format …): use pattern',
    );
  return `// Made by schema/generate.ts from the probers. Do not edit.\n${code}\n`;
}

/** What `defaults` may hold: shared keys, and any prober’s options (each service takes those that its prober has). */
function defaultsSchema(probers: readonly Prober<never>[]): JsonSchema {
  const options: { [key: string]: JsonSchema[] } = {};
  for (const prober of probers) {
    for (const [key, schema] of Object.entries(prober.options)) {
      if (key === 'command') continue;
      (options[key] ??= []).push(withReferences(schema));
    }
  }
  const merged = Object.entries(options).map(([key, schemas]) => [
    key,
    schemas.length === 1 ? schemas[0] : { anyOf: schemas },
  ]);
  return {
    type: 'object',
    properties: { ...(Object.fromEntries(merged) as object), ...SHARED_KEYS },
    additionalProperties: false,
  };
}

/** Lengths as patterns: ajv would count characters with code of its own at run time. */
function withoutRunTime(value: JsonSchema): JsonSchema;
function withoutRunTime(value: Json): Json;
function withoutRunTime(value: Json): Json {
  if (Array.isArray(value)) return value.map((item: Json) => withoutRunTime(item));
  if (typeof value !== 'object' || value === null) return value;
  const { minLength, maxLength, ...rest } = value as JsonSchema;
  const entries = Object.entries(rest).map(([key, entry]) => [key, withoutRunTime(entry)]);
  if (typeof minLength !== 'number' && typeof maxLength !== 'number') {
    return Object.fromEntries(entries) as JsonSchema;
  }
  const least = typeof minLength === 'number' ? minLength : 0;
  const length = { pattern: `^[\\s\\S]{${least},${typeof maxLength === 'number' ? maxLength : ''}}$` };
  return { ...(Object.fromEntries(entries) as JsonSchema), allOf: [length] };
}
