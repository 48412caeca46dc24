import { Ajv2020, type AnySchema, type ErrorObject } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import eventSchema from '../../schema/event.schema.json' with { type: 'json' };
import resultSchema from '../../schema/result.schema.json' with { type: 'json' };

/** What a schema has against a value; empty when nothing. */
export type Complaints = (value: unknown) => string[];

/** By the name of the format. */
export const complaintsOf: { readonly [schema: string]: Complaints } = {
  'puptime.result.v1': compile(resultSchema),
  'puptime.event.v1': compile(eventSchema),
};

/** The same, but a field that the schema does not describe is a complaint too. */
export const strictComplaintsOf: { readonly [schema: string]: Complaints } = {
  'puptime.result.v1': compile(closed(resultSchema)),
  'puptime.event.v1': compile(closed(eventSchema)),
};

function compile(schema: unknown): Complaints {
  const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
  ajvFormats.default(ajv);
  const validate = ajv.compile(schema as AnySchema);
  return (value) => (validate(value) ? [] : (validate.errors ?? []).map(tell));
}

function tell({ instancePath, message = '', params }: ErrorObject): string {
  const extra = 'additionalProperty' in params ? ` (${String(params['additionalProperty'])})` : '';
  return `${instancePath === '' ? '/' : instancePath} ${message}${extra}`;
}

/** With `additionalProperties: false` wherever properties are required. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return 'required' in inner && 'properties' in inner ? { ...inner, additionalProperties: false } : inner;
}
