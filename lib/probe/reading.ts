import type { JsonObject } from '../words/json.ts';
import type { Facts } from '../words/fact.ts';
import type { Finding, UnknownCode } from '../words/reason.ts';
import type { Timings } from '../words/result.ts';
import type { Address } from './prober.ts';

/** What one probe of one address saw. Nothing in it is a verdict. */
export interface Reading {
  readonly address: Address | null;
  readonly facts: Facts;
  /** faults, the first one first; empty when the probe went through */
  readonly findings: readonly Finding[];
  /** true when it ended before everything was seen: facts may be missing that a whole probe would have */
  readonly incomplete: boolean;
  /** puptime itself could not look; null when it could */
  readonly cannotTell: { readonly code: UnknownCode; readonly text: string } | null;
  readonly metrics: JsonObject;
  readonly output: string | null;
  readonly duration_ms: number;
  readonly timings: Timings;
}
