import type { FactTable } from '../words/fact.ts';
import type { About, Filter, Service } from '../words/service.ts';
import type { Check } from './expect/check.ts';
import type { Probe } from './prober.ts';
import type { Proxy } from './wire/proxy.ts';

/** One service ready to be probed: references put in, prober loaded, expectations compiled. */
export interface Job {
  readonly service: Service;
  /** as shown, secrets as `***`; null for a command */
  readonly target: string | null;
  readonly probe: Probe;
  /** null: its host is reached directly */
  readonly proxy: Proxy | null;
  readonly facts: FactTable;
  readonly expect: readonly Check[];
  readonly prefer: readonly Check[];
  /** references put in */
  readonly about: About;
  /** references put in */
  readonly run_if: readonly string[] | null;
  /** references put in */
  readonly filter: readonly Filter[];
  /** replaces every secret in any JSON by `***` */
  redact<T>(value: T): T;
  /** adds a secret that the probe was given */
  conceal(secret: string): void;
}
