import type { FactTable } from '../words/fact.ts';
import { type Json, type JsonObject, type JsonSchema, isObject } from '../words/json.ts';
import type { PathSegment } from './parsed-text.ts';
import { type Lookup, fillReferences, splitReferences, wholeReference } from './references.ts';

type Tell = (path: readonly PathSegment[], text: string) => void;
type Wanted = (path: readonly PathSegment[]) => ReadonlySet<string>;

/** A prober’s options with their references put in; a value that is nothing but a reference takes the type the schema wants. */
export function fillOptions(
  options: JsonObject,
  schema: { readonly [key: string]: JsonSchema },
  lookup: Lookup,
  tell: Tell,
): JsonObject {
  return fill(options, [], { lookup, tell, wanted: (path) => typesAt(schema, path) }) as JsonObject;
}

/** The same for `expect` and `prefer`, where the kind of the fact says what is wanted. */
export function fillSection(section: JsonObject, facts: FactTable, lookup: Lookup, tell: Tell): JsonObject {
  const wanted = ([fact]: readonly PathSegment[]) => {
    const kind = typeof fact === 'string' && Object.hasOwn(facts, fact) ? facts[fact]?.kind : undefined;
    // Numbers may be comparisons too: "< 500".
    if (kind === 'number' || kind === 'numbers') return new Set(['number', 'comparison']);
    return new Set([kind === 'bool' ? 'boolean' : 'string']);
  };
  return fill(section, [], { lookup, tell, wanted }) as JsonObject;
}

/** The same where any text will do. */
export function fillText<T extends Json>(value: T, lookup: Lookup, tell: Tell): T {
  return fill(value, [], { lookup, tell, wanted: () => new Set(['string']) }) as T;
}

/** Everything that looks like a reference and is none. */
export function faultyReferences(
  value: Json,
  path: readonly PathSegment[] = [],
): readonly { readonly path: readonly PathSegment[]; readonly text: string }[] {
  if (typeof value === 'string') {
    if (!value.includes('${')) return [];
    return splitReferences(value).flatMap((segment) => {
      if (segment.kind === 'fault') return [{ path, text: segment.text }];
      if (segment.kind === 'text' || segment.reference.kind !== 'step' || path[0] === 'steps') return [];
      return [{ path, text: `saw ${segment.reference.source}, expected it in one of the steps only` }];
    });
  }
  if (typeof value !== 'object' || value === null) return [];
  const isList = Array.isArray(value);
  return Object.entries(value as JsonObject).flatMap(([key, entry]) =>
    faultyReferences(entry, [...path, isList ? Number(key) : key]),
  );
}

function fill(
  value: Json,
  path: readonly PathSegment[],
  how: { readonly lookup: Lookup; readonly tell: Tell; readonly wanted: Wanted },
): Json {
  if (typeof value === 'string') return fillOne(value, path, how);
  if (Array.isArray(value)) return value.map((item: Json, index) => fill(item, [...path, index], how));
  if (!isObject(value)) return value;
  return Object.fromEntries<Json>(
    Object.entries(value).map(([key, entry]) => [key, fill(entry, [...path, key], how)]),
  );
}

function fillOne(
  text: string,
  path: readonly PathSegment[],
  { lookup, tell, wanted }: { readonly lookup: Lookup; readonly tell: Tell; readonly wanted: Wanted },
): Json {
  if (!text.includes('$')) return text;
  const whole = wholeReference(text);
  if (whole !== null && whole.kind !== 'matrix')
    return typed(lookup.value(whole).value, wanted(path), (what) => tell(path, what));
  for (const segment of splitReferences(text)) if (segment.kind === 'fault') tell(path, segment.text);
  return fillReferences(text, lookup);
}

/** What stands in for every value while a config is checked, see createPlaceholders. */
const PLACEHOLDER = 'placeholder';

function typed(text: string, wanted: ReadonlySet<string>, tell: (what: string) => void): Json {
  if (wanted.has('string')) return text;
  if (text === PLACEHOLDER) return wanted.has('boolean') ? true : 1;
  if ((wanted.has('number') || wanted.has('integer')) && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (wanted.has('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  // The value itself may be a secret.
  if (text !== '' && wanted.size > 0 && !wanted.has('comparison'))
    tell(`saw a value that is no ${[...wanted].join(' and no ')}, expected one`);
  return text;
}

/** The types that a schema takes at a path below the options. */
function typesAt(
  schema: { readonly [key: string]: JsonSchema },
  [first, ...rest]: readonly PathSegment[],
): ReadonlySet<string> {
  let reached: JsonSchema[] =
    typeof first === 'string' && Object.hasOwn(schema, first) ? alternatives(schema[first]) : [];
  for (const segment of rest) reached = reached.flatMap((one) => alternatives(childOf(one, segment)));
  return new Set(
    reached.flatMap(({ type }) =>
      Array.isArray(type) ? (type as string[]) : typeof type === 'string' ? [type] : [],
    ),
  );
}

function alternatives(schema: JsonSchema | undefined): JsonSchema[] {
  if (schema === undefined) return [];
  const choices = [schema['anyOf'], schema['oneOf']].flatMap((list) =>
    Array.isArray(list) ? (list as JsonSchema[]) : [],
  );
  return choices.length === 0 ? [schema] : choices.flatMap((choice) => alternatives(choice));
}

function childOf(
  { properties, additionalProperties, items }: JsonSchema,
  segment: PathSegment,
): JsonSchema | undefined {
  if (typeof segment === 'number') return isObject(items) ? items : undefined;
  if (isObject(properties) && Object.hasOwn(properties, segment)) return properties[segment] as JsonSchema;
  return isObject(additionalProperties) ? additionalProperties : undefined;
}
