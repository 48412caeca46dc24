import type { FlappingLimits } from '../words/policy.ts';
import type { WholeRecord } from '../words/record.ts';

/** How many runs are looked back on. */
const RUNS = 20;
/** What a change weighs that was the oldest and the newest of them, as in Nagios. */
const OLDEST = 0.75;
const NEWEST = 1.25;

export type Flapping = Pick<WholeRecord, 'flips' | 'flapping'>;

/**
 * Whether a service goes up and down too often, after one more run that did or did not change sides. It starts when the
 * weighted share of changes is at `high`, and stops when it is at `low`.
 */
export function flappingAfter(
  before: Flapping,
  flipped: boolean,
  limits: FlappingLimits | null,
  time: string,
): Flapping {
  if (limits === null) return { flips: '', flapping: null };
  const flips = `${before.flips}${flipped ? '1' : '0'}`.slice(-RUNS).replace(/^0+/, '');
  const share = changing(flips);
  if (before.flapping === null) return { flips, flapping: share >= limits.high ? { since: time } : null };
  return { flips, flapping: share <= limits.low ? null : before.flapping };
}

/** Weighted percent of the last 20 runs that changed sides. */
export function changing(flips: string): number {
  const first = RUNS - flips.length;
  const weights = Array.from(flips, (flip, at) => (flip === '1' ? weight(first + at) : 0));
  return (weights.reduce((sum, each) => sum + each, 0) * 100) / RUNS;
}

/** How many of the last 20 runs changed sides. */
export function flipsIn(flips: string): number {
  return flips.replaceAll('0', '').length;
}

function weight(place: number): number {
  return OLDEST + (place * (NEWEST - OLDEST)) / (RUNS - 1);
}
