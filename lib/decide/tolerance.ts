const PART = 0.1;
const MOST_MS = 30_000;

/** How much too early something still counts as due: a timer that fires a little early must not cost a whole interval. */
export function early(interval_ms: number): number {
  return Math.min(interval_ms * PART, MOST_MS);
}
