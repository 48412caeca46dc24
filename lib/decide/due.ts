import type { ServiceRecord } from '../words/record.ts';

/** A timer that fires a little early must not cost a whole interval. */
const TOLERANCE = 0.1;
const TOLERANCE_MAX_MS = 30_000;

/**
 * Whether a service is probed at `now` (ms since 1970): always without an interval or a memory, and when its last
 * start lies in the future because the clock was set back.
 */
export function isDue(
  interval_ms: number | null,
  record: Pick<ServiceRecord, 'started'> | null,
  now: number,
): boolean {
  if (interval_ms === null || record === null) return true;
  const last = Date.parse(record.started);
  const due = last + interval_ms - Math.min(interval_ms * TOLERANCE, TOLERANCE_MAX_MS);
  return !(now < due) || last > now;
}
