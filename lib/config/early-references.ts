import { createHash } from 'node:crypto';
import type { JsonObject, JsonSchema } from '../words/json.ts';
import { fillOptions } from './fill-references.ts';
import { createLookup } from './lookup.ts';
import type { PathSegment } from './parsed-text.ts';
import { type Lookup, type Reference, splitReferences } from './references.ts';

/**
 * Most references are put in when a service is probed. Those of keys that puptime needs before (interval, timeout, tls,
 * hooks …) are put in when the config is checked, and the checked config then depends on their values.
 */
export interface EarlyReferences {
  /** a lookup for one file’s references, which notes what it was asked */
  lookup(directory: string): Lookup;
  readonly seen: readonly Dependency[];
}

/** A value that a checked config was made with; the config is checked anew when it has changed. */
export interface Dependency {
  readonly source: string;
  readonly directory: string;
  readonly hash: string;
}

export function createEarlyReferences(env: { readonly [name: string]: string | undefined }): EarlyReferences {
  const seen = new Map<string, Dependency>();
  return {
    lookup(directory) {
      const lookup = createLookup(env, directory);
      const value: Lookup['value'] = (reference) => {
        const found = lookup.value(reference);
        const { source } = reference;
        seen.set(`${directory}\0${source}`, { source, directory, hash: hashOf(lookup, reference) });
        return found;
      };
      return { ...lookup, value };
    },
    get seen() {
      return [...seen.values()];
    },
  };
}

/** Whether all of them still have the values that they had. */
export function areUnchanged(
  dependencies: readonly Dependency[],
  env: { readonly [name: string]: string | undefined },
): boolean {
  return dependencies.every(({ source, directory, hash }) => {
    const [segment] = splitReferences(source);
    return segment?.kind === 'reference' && hashOf(createLookup(env, directory), segment.reference) === hash;
  });
}

function hashOf(lookup: Lookup, reference: Reference): string {
  const missing = lookup.missing.size;
  const { value } = lookup.value(reference);
  const there = lookup.missing.size === missing;
  return createHash('sha256')
    .update(`${there ? 'is' : 'lacks'} ${value}`)
    .digest('hex');
}

/** Keys whose references wait until the service is probed. */
const LATE: ReadonlySet<string> = new Set([
  'group',
  'tags',
  'vars',
  'runbook',
  'hint',
  'proxy',
  'expect',
  'prefer',
  'run_if',
  'filter',
]);

export interface FilledEarly {
  readonly value: JsonObject;
  /** one line for each reference without a value; its key has been left out */
  readonly missing: readonly string[];
}

/** Fills the keys that `schema` knows and that cannot wait. Those of probers, and all that is not in it, stay as they are. */
export function fillEarly(
  value: JsonObject,
  schema: { readonly [key: string]: JsonSchema },
  lookup: Lookup,
  tell: (path: readonly PathSegment[], text: string) => void,
): FilledEarly {
  if (!JSON.stringify(value).includes('${')) return { value, missing: [] };
  const missing: string[] = [];
  const entries = Object.entries(value).flatMap(([key, entry]) => {
    if (LATE.has(key) || !Object.hasOwn(schema, key)) return [[key, entry] as const];
    const before = lookup.missing.size;
    const filled = fillOptions({ [key]: entry }, schema, lookup, tell);
    const lost = [...lookup.missing].slice(before);
    missing.push(...lost);
    return lost.length > 0 ? [] : Object.entries(filled);
  });
  return { value: Object.fromEntries(entries), missing };
}
