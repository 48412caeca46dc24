import type { Hold } from '../words/policy.ts';
import { STATUS_LETTER, type ServiceRecord } from '../words/record.ts';

/** What is remembered of a service, and what a clock and a calendar say to that. */
export interface Remembered {
  readonly record: ServiceRecord;
  /** the window or silence that it is under now, as far as it is known here; null: none */
  readonly quiet: Hold | null;
}

/** The last run that came to its end; null: none has. */
export type LastRun = {
  readonly id: string;
  readonly started: string;
  readonly ended: string;
  readonly exit_code: number;
} | null;

/** Since when no canary answers, and in words; null: this host is not cut off. */
export type CutOff = { readonly since: string; readonly summary: string } | null;

/** All that `puptime status` shows. */
export interface RememberedState {
  readonly services: readonly Remembered[];
  readonly lastRun: LastRun;
  readonly cutOff: CutOff;
}

/** Of the remembered results that are known, the share that was not down, 0 to 1. `of` is how many these are; 0: nothing is known. */
export function uptimeOf({ recent: { letters } }: Pick<ServiceRecord, 'recent'>): {
  readonly share: number | null;
  readonly of: number;
} {
  const known = Array.from(letters).filter((letter) => letter !== STATUS_LETTER.unknown);
  const down = known.filter((letter) => letter === STATUS_LETTER.down).length;
  return { share: known.length === 0 ? null : (known.length - down) / known.length, of: known.length };
}

/** Failing results in a row that are not confirmed to be an outage; 0: none. */
export function unconfirmedFailures({ streak, status }: ServiceRecord): number {
  return streak?.failing === true && status !== 'down' ? streak.count : 0;
}

/**
 * What keeps its news back: the window or silence of this moment, else what did so at the last result and is not of the kind
 * that ends by the clock.
 */
export function heldBy({
  record,
  quiet,
}: Remembered): { readonly kind: string; readonly cause: string; readonly until: string | null } | null {
  if (quiet !== null) return quiet;
  const held = record.held ?? null;
  if (held === null || held.kind === 'maintenance' || held.kind === 'silence') return null;
  return { kind: held.kind, cause: held.cause, until: null };
}

/** The duration of the last result, ms; null: it had none, or there is none. */
export function lastDuration({ recent }: ServiceRecord): number | null {
  return recent.durations.at(-1) ?? null;
}
