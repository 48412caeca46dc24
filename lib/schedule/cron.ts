import { Cron } from 'croner';

/** A cron expression in a time zone. Times are ms since 1970. */
export interface CronTable {
  /** the last time at or before `now`; null: there was none */
  latest(now: number): number | null;
  /** the first time after `now`; null: it never comes */
  next(now: number): number | null;
}

/**
 * Compiles the five fields of crontab(5) (names of days and months too; a day matches when its date or its weekday does),
 * `@daily` and its like. A fixed time that the clock leaps over comes at the instant of the leap, one that it shows twice
 * comes once. `problem` says what is wrong with it.
 */
export function compileCron(
  text: string,
  zone: string,
): { readonly ok: true; readonly table: CronTable } | { readonly ok: false; readonly problem: string } {
  // A question mark stands for the time at which it is read.
  if (text.length > 200 || text.includes('?')) return { ok: false, problem: EXPECTED };
  try {
    const cron = new Cron(text, { timezone: zone, mode: '5-part', fixedTimeRule: 'no-wildcard' });
    const table: CronTable = {
      latest: (now) => cron.previousRuns(1, new Date(now + 1))[0]?.getTime() ?? null,
      next: (now) => cron.nextRun(new Date(now))?.getTime() ?? null,
    };
    return { ok: true, table };
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    return { ok: false, problem: problemIn(error.message) };
  }
}

const EXPECTED = 'expected five fields as in crontab, such as "0 3 * * 0"';

function problemIn(message: string): string {
  const [, what] = /^CronPattern: (Invalid value for .*)$/.exec(message) ?? [];
  return what === undefined
    ? EXPECTED
    : `${what.replace('Invalid', 'invalid').replace('dayOfWeek', 'weekday')}; ${EXPECTED}`;
}
