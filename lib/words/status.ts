/** The verdict on a service: works, works but look at it, does not work, puptime could not tell. */
export const STATUSES = ['up', 'degraded', 'down', 'unknown'] as const;
export type Status = (typeof STATUSES)[number];

/** As a Nagios plugin's exit code. */
export const STATUS_NUMBER: Readonly<Record<Status, number>> = { up: 0, degraded: 1, down: 2, unknown: 3 };

const BADNESS: Readonly<Record<Status, number>> = { up: 0, degraded: 1, unknown: 2, down: 3 };

/** The worst of several: down is worse than unknown, unknown than degraded, degraded than up. `up` when there are none. */
export function worstStatus(statuses: Iterable<Status>): Status {
  let worst: Status = 'up';
  for (const status of statuses) if (BADNESS[status] > BADNESS[worst]) worst = status;
  return worst;
}

/** Sorts the worst first. */
export function compareBadness(a: Status, b: Status): number {
  return BADNESS[b] - BADNESS[a];
}
