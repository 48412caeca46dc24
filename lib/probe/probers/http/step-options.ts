import type { Json, JsonObject, JsonSchema } from '../../../words/json.ts';
import { HTTP_OPTIONS, type HttpOptions } from './http-options.ts';

/** One request of several. */
export interface StepOptions extends Pick<
  HttpOptions,
  'method' | 'headers' | 'body' | 'form' | 'json' | 'redirects' | 'compression'
> {
  readonly name?: string;
  readonly url?: string;
  readonly expect?: JsonObject;
  readonly capture?: { readonly [name: string]: CaptureOption };
}

export type CaptureOption =
  | { readonly json: string }
  | { readonly header: string }
  | { readonly body: string }
  | { readonly cookie: string };

/** What a step takes of the options of the service. */
const OF_REQUEST = ['method', 'headers', 'body', 'form', 'json', 'redirects', 'compression'] as const;

export const MOST_STEPS = 50;

const CAPTURE: JsonSchema = {
  description:
    'one of {json: JSONPATH}, {header: NAME}, {body: PATTERN} (its first group, if any) and {cookie: NAME}',
  oneOf: ['json', 'header', 'body', 'cookie'].map((kind) => ({
    type: 'object',
    properties: { [kind]: { type: 'string' } },
    required: [kind],
    additionalProperties: false,
  })),
};

export const STEPS_SCHEMA: JsonSchema = {
  description:
    'several requests, one after the other, with the same cookies: each with url (an absolute one, or relative to the target), what a request has, its own expect, and capture. `${step.NAME}` in a later step is what an earlier one captured as NAME. The facts of the service are those of the last step',
  type: 'array',
  minItems: 1,
  maxItems: MOST_STEPS,
  items: {
    type: 'object',
    properties: {
      name: { type: 'string', description: 'what messages call it; default: its number' },
      url: { type: 'string', description: 'default: the target' },
      ...Object.fromEntries(OF_REQUEST.map((key) => [key, HTTP_OPTIONS[key] ?? {}] as const)),
      expect: {
        type: 'object',
        description: 'unmet: down, and no later step; default {status: {min: 200, max: 299}}',
      },
      capture: {
        type: 'object',
        propertyNames: { pattern: '^[a-z][a-z0-9_]*$' },
        additionalProperties: CAPTURE,
        description: 'names for later steps; what is captured is hidden like a password',
      },
    },
    additionalProperties: false,
  },
};

/** The options of a step as those of a request alone. */
export function requestOptions(step: StepOptions): HttpOptions {
  const entries = OF_REQUEST.flatMap((key): [string, Json][] => {
    const value = step[key];
    return value === undefined ? [] : [[key, value]];
  });
  return Object.fromEntries(entries);
}
