import type { ServiceRecord } from '../words/record.ts';
import { early } from './tolerance.ts';

/**
 * Milliseconds before `now` in which probes that were due did not happen, because the host was off or nobody started puptime;
 * null when none was missed, when nobody can say (no interval, no memory), and when the clock was set back. They are
 * never made up for, and change no count: a result is what it was when it was made.
 */
export function gapOf(
  interval_ms: number | null,
  record: Pick<ServiceRecord, 'started'> | null,
  now: number,
): number | null {
  if (interval_ms === null || record === null) return null;
  const late = now - Date.parse(record.started) - interval_ms;
  return late >= interval_ms - early(interval_ms) ? late : null;
}
