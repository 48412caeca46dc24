import { NOT_FOR_CANARIES } from '../lib/config/canaries.ts';
import { SERVICE_KEYS, SHARED_KEYS, TOP_KEYS, withReferences } from '../lib/config/config-schema.ts';
import { matcherNames } from '../lib/probe/expect/named-matchers.ts';
import type { FactSpec } from '../lib/words/fact.ts';
import type { JsonSchema } from '../lib/words/json.ts';
import type { Prober } from '../lib/probe/prober.ts';

/** The JSON Schema of the config for editors: what a service may hold depends on the scheme of its target. */
export function renderConfigSchema(probers: readonly Prober<never>[]): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'puptime config',
    type: 'object',
    properties: {
      ...TOP_KEYS,
      canaries: {
        ...TOP_KEYS['canaries'],
        items: { anyOf: [{ type: 'string' }, { type: 'object', properties: canaryKeys(probers) }] },
      },
      defaults: {
        description: 'for all services that do not say otherwise',
        type: 'object',
        properties: { ...allOptions(probers), ...withAllReferences(SHARED_KEYS) },
        additionalProperties: false,
      },
      services: {
        type: 'array',
        items: {
          anyOf: [
            { type: 'string', description: 'short for {target: …}, with a name made from it' },
            { $ref: '#/$defs/service' },
          ],
        },
      },
    },
    patternProperties: { '^x-': { description: 'anything: a place for anchors' } },
    additionalProperties: false,
    $defs: {
      service: {
        type: 'object',
        properties: { ...allOptions(probers), ...SERVICE_KEYS, ...withAllReferences(SHARED_KEYS) },
        required: ['name'],
        additionalProperties: false,
        oneOf: [{ required: ['target'] }, { required: ['command'] }],
        allOf: [{ properties: { target: targetOf(probers) } }, ...probers.map(branch)],
      },
      ...Object.fromEntries(probers.map((prober) => [`facts-${prober.type}`, factsSchema(prober)])),
    },
  };
}

/** A canary has what its prober needs, and none of what is about decisions. */
function canaryKeys(probers: readonly Prober<never>[]): JsonSchema {
  const shared = Object.entries(withAllReferences(SHARED_KEYS));
  const { name, description, target } = SERVICE_KEYS;
  return {
    ...allOptions(probers),
    ...Object.fromEntries(shared.filter(([key]) => !Object.hasOwn(NOT_FOR_CANARIES, key))),
    ...Object.fromEntries(
      Object.entries({ name, description, target }).flatMap(([key, schema]) =>
        schema === undefined ? [] : [[key, schema]],
      ),
    ),
  };
}

function targetOf(probers: readonly Prober<never>[]): JsonSchema {
  const schemes = probers.flatMap((prober) =>
    prober.schemes.map(({ scheme }) => scheme.replaceAll('+', '\\+')),
  );
  return {
    pattern: `^(${schemes.join('|')})://`,
    examples: probers.flatMap(({ schemes: [first], example }) => (first === undefined ? [] : [example])),
  };
}

/** Where a number, a duration or one of a few words is wanted, a reference will do too. */
function withAllReferences(keys: { readonly [key: string]: JsonSchema }): {
  readonly [key: string]: JsonSchema;
} {
  return Object.fromEntries(Object.entries(keys).map(([key, schema]) => [key, withReferences(schema)]));
}

function allOptions(probers: readonly Prober<never>[]): { [key: string]: JsonSchema } {
  return Object.fromEntries(probers.flatMap((prober) => Object.keys(prober.options).map((key) => [key, {}])));
}

/** If the target has a scheme of this prober, its options and facts are what may be there. */
function branch(prober: Prober<never>): JsonSchema {
  const schemes = prober.schemes.map(({ scheme }) => scheme.replaceAll('+', '\\+'));
  const isMine: JsonSchema =
    schemes.length === 0
      ? { required: ['command'] }
      : { properties: { target: { pattern: `^(${schemes.join('|')})://` } }, required: ['target'] };
  const section = { $ref: `#/$defs/facts-${prober.type}` };
  const own = withAllReferences(prober.options);
  const known = Object.keys({ ...SERVICE_KEYS, ...SHARED_KEYS });
  return {
    if: isMine,
    then: {
      properties: {
        ...own,
        expect: section,
        prefer: section,
        watch: {
          anyOf: [
            { enum: Object.keys(prober.facts) },
            { type: 'array', items: { enum: Object.keys(prober.facts) } },
          ],
        },
      },
      propertyNames: { enum: [...known, ...Object.keys(own)] },
    },
  };
}

function factsSchema(prober: Prober<never>): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(prober.facts).map(([name, spec]) => [name, factSchema(spec)]),
    ),
    additionalProperties: false,
  };
}

function factSchema({ kind, unit, meaning }: FactSpec): JsonSchema {
  const description = `${kind}${unit === undefined ? '' : ` (${unit})`}: ${meaning}`;
  if (kind === 'map') return { description, type: 'object' };
  // A map from JSONPaths, or a matcher for the whole document.
  if (kind === 'json' || kind === 'records') return { description };
  const named = Object.fromEntries(matcherNames(kind).map((name) => [name, {}]));
  return {
    description,
    anyOf: [
      { type: ['string', 'number', 'boolean', 'array'] },
      { type: 'object', properties: named, additionalProperties: false },
    ],
  };
}
