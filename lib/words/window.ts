/**
 * A maintenance window, as checked. `zone` is an IANA name; null: that of the host. Each length is real time, at most
 * LONGEST_WINDOW_MS.
 */
export type Window = RecurringWindow | SingleWindow;

export interface RecurringWindow {
  readonly kind: 'recurring';
  /** five fields as in crontab(5), or `@daily` and its like: when it begins */
  readonly cron: string;
  readonly for_ms: number;
  readonly zone: string | null;
  readonly note: string | null;
}

export interface SingleWindow {
  readonly kind: 'single';
  /** `2026-12-01T02:00`, local in `zone`; with `Z` or an offset an instant */
  readonly from: string;
  /** the same, or milliseconds from the beginning */
  readonly to: string | number;
  readonly zone: string | null;
  readonly note: string | null;
}

export const LONGEST_WINDOW_MS = 366 * 86_400_000;
