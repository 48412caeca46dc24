import type { JsonObject } from '../../words/json.ts';

/** A section with the prober’s defaults in front; one falls away only when that very fact is named. */
export function withDefaults(section: JsonObject, defaults: JsonObject | undefined): JsonObject {
  return { ...defaults, ...section };
}
