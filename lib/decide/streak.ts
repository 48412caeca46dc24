import { QUORUM_MAX, type Policy, type Quorum } from '../words/policy.ts';
import type { ServiceRecord, WholeRecord } from '../words/record.ts';

type Streak = NonNullable<ServiceRecord['streak']>;
type Outcomes = WholeRecord['outcomes'];
type Quorums = Pick<Policy, 'down_after' | 'up_after'>;

/** The streak with one more result on the side `failing`. */
export function extend(before: ServiceRecord['streak'], failing: boolean, time: string): Streak {
  return before?.failing === failing
    ? { ...before, count: before.count + 1 }
    : { failing, count: 1, since: time };
}

/** The outcomes with one more, no more of them than a `k/n` looks back on: none for numbers in a row. */
export function observe(before: Outcomes, failing: boolean, time: string, policy: Quorums): Outcomes {
  const most = Math.max(...[policy.down_after, policy.up_after].map(lookback));
  return most === 0 ? [] : [...before, { failing, time }].slice(-most);
}

function lookback({ count, of }: Quorum): number {
  return of > count ? Math.min(of, QUORUM_MAX) : 0;
}

export interface Confirmation {
  readonly side: 'down' | 'not_down' | 'unconfirmed';
  /** the first of the results that made it so */
  readonly since: string;
}

/**
 * On which side the service is after these results. One that nothing is known of is on neither side: its first good
 * result is enough, its failures count.
 */
export function confirm(wasDown: boolean, streak: Streak, outcomes: Outcomes, policy: Quorums): Confirmation {
  const { failing, since } = streak;
  if (failing === wasDown) return { side: wasDown ? 'down' : 'not_down', since };
  const reached = reachedSince(failing ? policy.down_after : policy.up_after, streak, outcomes);
  if (reached === null) return { side: wasDown ? 'down' : 'unconfirmed', since };
  return { side: failing ? 'down' : 'not_down', since: reached };
}

/** The first of the results that make up the quorum; null when there are too few. */
function reachedSince(quorum: Quorum, streak: Streak, outcomes: Outcomes): string | null {
  const { count } = quorum;
  const those = outcomesWithin(quorum, streak.failing, outcomes);
  if (those.length >= count) return those[0]?.time ?? null;
  return streak.count >= count ? streak.since : null;
}

/** The results on one side among those that the quorum looks back on. */
export function outcomesWithin(quorum: Quorum, failing: boolean, outcomes: Outcomes): Outcomes {
  const most = lookback(quorum);
  return most === 0 ? [] : outcomes.slice(-most).filter((outcome) => outcome.failing === failing);
}

/** Failing results in a row. */
export function failuresOf(streak: ServiceRecord['streak']): number {
  return streak?.failing === true ? streak.count : 0;
}
