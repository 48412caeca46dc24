const FIRST_MS = 60_000;
const LONGEST_MS = 3_600_000;

/** How long after the nth failed attempt (from 1) the next may be made, ms: growing to an hour, ± 20 % by `random` (0 to 1). */
export function retryPause(attempt: number, random: number): number {
  const pause = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt - 1, 30));
  return Math.round(pause * (0.8 + 0.4 * random));
}

/**
 * Whether a next attempt is due. One that lies further ahead than any pause is: the clock has been set back.
 */
export function isRetryDue(next: number, now: number): boolean {
  return now >= next || next - now > LONGEST_MS * 1.2;
}
