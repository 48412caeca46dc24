import type { Resolver } from './wire/resolver.ts';
import type { Trace } from './wire/trace.ts';

/** What probing needs of the world. */
export interface ProbeWorld {
  readonly env: { readonly [name: string]: string | undefined };
  /** wall clock, ms since 1970 */
  now(): number;
  /** monotonic ms */
  monotonic(): number;
  readonly resolver: Resolver;
  /** aborted when the run is interrupted or its deadline has come */
  readonly signal: AbortSignal;
  /** ms since then (monotonic) in which this process could do nothing; absent where nobody measures it */
  readonly lost_ms?: (since_ms: number) => number;
  /** one line for stderr: what puptime could not do beside the probe itself */
  report(line: string): void;
  /** for explain alone */
  readonly trace?: Trace;
}
