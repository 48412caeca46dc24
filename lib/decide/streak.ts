import type { ServiceRecord } from '../words/record.ts';
import type { Policy } from '../words/policy.ts';

type Streak = NonNullable<ServiceRecord['streak']>;

/** The streak with one more result on the side `failing`. */
export function extend(before: ServiceRecord['streak'], failing: boolean, time: string): Streak {
  return before?.failing === failing
    ? { ...before, count: before.count + 1 }
    : { failing, count: 1, since: time };
}

/**
 * Whether the service counts as down after this streak: `changed` when its length has just confirmed the other
 * side. A service that nothing is known of is on neither side: its first good result is enough, its failures count.
 */
export function confirm(
  wasDown: boolean,
  streak: Streak,
  policy: Pick<Policy, 'down_after' | 'up_after'>,
): 'down' | 'not_down' | 'unconfirmed' {
  if (streak.failing) {
    if (wasDown) return 'down';
    return streak.count >= policy.down_after.count ? 'down' : 'unconfirmed';
  }
  return wasDown && streak.count < policy.up_after.count ? 'down' : 'not_down';
}

/** Failing results in a row. */
export function failuresOf(streak: ServiceRecord['streak']): number {
  return streak?.failing === true ? streak.count : 0;
}
