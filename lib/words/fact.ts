import type { Json } from './json.ts';
import type { Code } from './reason.ts';

/**
 * How a fact is matched (see docs/config): a word is equal or not, a text contains, a list has.
 * `map` is matched key by key (headers, metrics), `json` by JSONPath.
 */
export type FactKind = 'word' | 'text' | 'number' | 'bool' | 'list' | 'numbers' | 'map' | 'json' | 'records';

export type Unit = 'ms' | 's' | 'days' | 'percent' | 'bytes';

/** The one declaration of a fact: expectations, schema, `explain` and docs are made from it. */
export interface FactSpec {
  readonly kind: FactKind;
  readonly unit?: Unit;
  /** what it says, and when it is absent; one sentence for the docs */
  readonly meaning: string;
  /** the code of its own failed expectation, where that says more than `assertion` */
  readonly code?: Code;
  /** codes that differ from that one by the value seen: SERVFAIL is the server’s failure, NXDOMAIN is not */
  readonly codes?: { readonly [seen: string]: Code };
  /** can be expected and watched, but is in results only when kept or when the service is not up */
  readonly big?: boolean;
}

export type FactTable = { readonly [name: string]: FactSpec };

interface ValueOf {
  word: string;
  text: string;
  number: number;
  bool: boolean;
  list: readonly string[];
  numbers: readonly number[];
  map: { readonly [key: string]: Json };
  json: Json;
  records: readonly { readonly [key: string]: Json }[];
}

/** The values that a prober with the facts `F` may report. */
export type FactsOf<F extends FactTable> = { [K in keyof F]?: ValueOf[F[K]['kind']] | null };

/** Facts once their prober is forgotten. Absent or null: was not seen. */
export type Facts = { readonly [name: string]: Json | undefined };
