import type { ServiceRecord } from '../words/record.ts';
import type { Service } from '../words/service.ts';
import { early } from './tolerance.ts';

export type Timing = Pick<Service, 'name' | 'interval_ms' | 'jitter_ms'>;

type Last = Pick<ServiceRecord, 'started'> | null;

/**
 * Whether a service is probed at `now` (ms since 1970): always without an interval or a memory, and when its last
 * start lies in the future because the clock was set back; else once its time has come, or is about to.
 */
export function isDue(timing: Timing, last: Last, now: number): boolean {
  const at = dueAt(timing, last, now);
  return at === null || !(now < at - early(timing.interval_ms ?? 0));
}

/**
 * From when until when, both inclusive, none of these is due, given that none is at `now`; ms since 1970. Null when some
 * are due at every run.
 */
export function idleSpan(
  timings: readonly Timing[],
  records: ReadonlyMap<string, Pick<ServiceRecord, 'started'>>,
  now: number,
): { readonly from: number; readonly until: number } | null {
  let [from, until] = [0, Number.MAX_SAFE_INTEGER];
  for (const timing of timings) {
    const last = records.get(timing.name) ?? null;
    const at = dueAt(timing, last, now);
    if (at === null || last === null) return null;
    from = Math.max(from, Date.parse(last.started));
    until = Math.min(until, Math.ceil(at - early(timing.interval_ms ?? 0)) - 1);
  }
  return { from, until };
}

/**
 * When its time comes, ms since 1970; null: at every run. With `jitter` its times are fixed, the interval’s multiples and
 * somewhat more: how much comes from its name, is less than the jitter, and so spreads services without any of them
 * wandering about. It never waits longer than its interval to fall into step.
 */
export function dueAt({ name, interval_ms, jitter_ms }: Timing, last: Last, now: number): number | null {
  if (interval_ms === null || last === null) return null;
  const started = Date.parse(last.started);
  if (!(started <= now)) return null;
  if (jitter_ms === 0) return started + interval_ms;
  const offset = Math.floor(shareOf(name) * jitter_ms);
  // A start that came early was for the time that it came before; twice as early as may be, lest a timer that trembles
  // about the edge starts it twice.
  const passed = Math.floor((started + 2 * early(interval_ms) - offset) / interval_ms);
  return Math.min((passed + 1) * interval_ms + offset, started + interval_ms);
}

/** From 0 to less than 1, the same for the same name and evenly spread for others (FNV-1a, mixed as in MurmurHash3). */
function shareOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at += 1) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
