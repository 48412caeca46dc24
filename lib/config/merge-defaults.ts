import { TLS_FACTS } from '../probe/wire/certificates.ts';
import { InvalidOptions, type Prober } from '../probe/prober.ts';
import { type Json, type JsonObject, isObject } from '../words/json.ts';
import { SHARED_KEYS } from './config-schema.ts';
import type { PathSegment } from './parsed-text.ts';

/**
 * An entry with what `defaults` has for it. Maps that are in both are merged one level deep. Of `expect` and `prefer` of
 * the defaults a service takes the facts that its prober gives, and those of certificates only where it speaks TLS.
 * `slow` of the defaults is not for programs, whose time is their own, `proxy` not for what goes through none, `jitter` not for services without `interval`.
 */
export function mergeDefaults(defaults: JsonObject, entry: JsonObject, prober: Prober<never>): JsonObject {
  const merged: { [key: string]: Json } = {};
  for (const [key, value] of Object.entries(defaults)) {
    if (prober.type === 'command' && (key === 'slow' || key === 'slow_window')) continue;
    if (prober.proxy !== true && key === 'proxy') continue;
    if (Object.hasOwn(SHARED_KEYS, key) || Object.hasOwn(prober.options, key)) merged[key] = value;
  }
  for (const [key, value] of Object.entries(entry)) {
    const before = merged[key];
    merged[key] = MERGED.has(key) && isMap(before) && isMap(value) ? { ...before, ...value } : value;
  }
  if (merged['interval'] === undefined && entry['jitter'] === undefined) delete merged['jitter'];
  const own = ownDefaults(merged, prober);
  for (const key of ['expect', 'prefer'] as const) {
    const section = defaults[key];
    if (!isMap(section)) continue;
    merged[key] = { ...applyingFacts(section, prober, own), ...(isMap(entry[key]) ? entry[key] : {}) };
  }
  return merged;
}

/** Whether what stands at a path of the merged entry comes from `defaults`. */
export function isFromDefaults(
  defaults: JsonObject,
  entry: JsonObject,
  [key, part]: readonly PathSegment[],
): boolean {
  if (typeof key !== 'string' || !Object.hasOwn(defaults, key)) return false;
  if (!Object.hasOwn(entry, key)) return true;
  const [theirs, own] = [defaults[key], entry[key]];
  if (typeof part !== 'string' || !MERGED.has(key) || !isMap(theirs) || !isMap(own)) return false;
  return Object.hasOwn(theirs, part) && !Object.hasOwn(own, part);
}

const MERGED: ReadonlySet<string> = new Set(['expect', 'prefer', 'tls', 'vars']);

function isMap(value: Json | undefined): value is JsonObject {
  return isObject(value);
}

function applyingFacts(section: JsonObject, prober: Prober<never>, own: JsonObject | null): JsonObject {
  const certificate = own?.['cert_days'];
  const mayLack = JSON.stringify(certificate ?? null).includes('"exists":false');
  return Object.fromEntries(
    Object.entries(section).flatMap(([fact, matcher]) => {
      if (!Object.hasOwn(prober.facts, fact)) return [];
      if (!Object.hasOwn(TLS_FACTS, fact)) return [[fact, matcher]];
      if (certificate === undefined) return [];
      return [[fact, mayLack ? { any_of: [matcher, { exists: false }] } : matcher]];
    }),
  );
}

/** What the prober itself prefers of this service; null when its options are wrong, which is told elsewhere. */
function ownDefaults(merged: JsonObject, prober: Prober<never>): JsonObject | null {
  const { target } = merged;
  const scheme =
    typeof target === 'string' ? (/^([^:]*):\/\//.exec(target)?.[1]?.toLowerCase() ?? null) : null;
  try {
    return prober.defaults(merged as never, scheme).prefer ?? {};
  } catch (error) {
    if (error instanceof InvalidOptions) return null;
    throw error;
  }
}
