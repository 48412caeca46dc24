import { LONGEST_WINDOW_MS, type RecurringWindow, type SingleWindow, type Window } from '../words/window.ts';
import { compileCron, type CronTable } from './cron.ts';
import { instantOf, parseTime, showLocalTime } from './local-time.ts';

/** A window that is open, or will be. Times are ms since 1970. */
export interface OpenWindow {
  readonly from: number;
  /** when no window is open any more, others that begin meanwhile included; null: no end in sight */
  readonly until: number | null;
  /** its note, else what it is, in one line */
  readonly cause: string;
}

/** Answers what is planned when. `zone`: of windows that name none. */
export interface Calendar {
  /** the window that is open at `now`, the one that began last; null: none is */
  windowAt(windows: readonly Window[], now: number): OpenWindow | null;
  /** the first one that begins after `now`; null: none will */
  nextWindow(windows: readonly Window[], now: number): OpenWindow | null;
}

/** Pure but for a memory of what it was asked: a thousand services often share one window. */
export function createCalendar(zone: string): Calendar {
  const tables = new Map<string, CronTable>();
  const tableOf = ({ cron, zone: own }: RecurringWindow): CronTable => {
    const key = `${own ?? zone} ${cron}`;
    const known = tables.get(key);
    if (known !== undefined) return known;
    const compiled = compileCron(cron, own ?? zone);
    // The config was checked.
    if (!compiled.ok) throw new Error(`${cron}: ${compiled.problem}`);
    const remembering = rememberLast(compiled.table);
    tables.set(key, remembering);
    return remembering;
  };
  const opened = (windows: readonly Window[], now: number): Span | null =>
    latestOf(windows.map((window) => openSpan(window, now)));
  const openSpan = (window: Window, now: number): Span | null => {
    const from =
      window.kind === 'recurring' ? tableOf(window).latest(now) : spanOf(window, window.zone ?? zone).from;
    if (from === null || from > now) return null;
    const span = spanFrom(window, from);
    return span.to > now ? span : null;
  };
  const spanFrom = (window: Window, from: number): Span =>
    window.kind === 'recurring'
      ? { window, from, to: from + window.for_ms }
      : spanOf(window, window.zone ?? zone);
  const asOpen = (windows: readonly Window[], { window, from, to }: Span): OpenWindow => ({
    from,
    until: endOf(to, (at) => opened(windows, at)?.to ?? null),
    cause: window.note ?? describeWindow(window, zone),
  });
  return {
    windowAt(windows, now) {
      const span = opened(windows, now);
      return span === null ? null : asOpen(windows, span);
    },
    nextWindow(windows, now) {
      const spans = windows.flatMap((window) => {
        const from =
          window.kind === 'recurring' ? tableOf(window).next(now) : spanOf(window, window.zone ?? zone).from;
        return from === null || from <= now ? [] : [spanFrom(window, from)];
      });
      const [first] = spans.sort((a, b) => a.from - b.from);
      return first === undefined ? null : asOpen(windows, first);
    },
  };
}

interface Span {
  readonly window: Window;
  readonly from: number;
  readonly to: number;
}

/** In one line: `0 3 * * 0 Europe/Oslo`, `until 2026-12-01 04:00`. */
function describeWindow(window: Window, zone: string): string {
  const where = window.zone === null ? '' : ` ${window.zone}`;
  if (window.kind === 'recurring') return `${window.cron}${where}`;
  return `until ${showLocalTime(spanOf(window, window.zone ?? zone).to, window.zone ?? zone)}${where}`;
}

/** From the first to the last instant that read as inside of it. */
function spanOf(window: SingleWindow, zone: string): Span {
  const begin = parseTime(window.from);
  const end = typeof window.to === 'string' ? parseTime(window.to) : null;
  if (begin === null || (end === null && typeof window.to === 'string'))
    throw new Error(`${window.from}, ${String(window.to)}: the config was checked`);
  const from = instantOf(begin, zone, 'earlier');
  const to = end === null ? from + Number(window.to) : instantOf(end, zone, 'later');
  return { window, from, to };
}

/** The one that began last is the one to name; of those that began together the one that ends last. */
function latestOf(spans: readonly (Span | null)[]): Span | null {
  const open = spans.filter((span) => span !== null);
  return open.sort((a, b) => b.from - a.from || b.to - a.to)[0] ?? null;
}

/** Windows that follow each other without a gap are one quiet time. */
function endOf(first: number, endAt: (at: number) => number | null): number | null {
  let until = first;
  for (let steps = 0; steps < MOST_IN_A_ROW; steps += 1) {
    const next = endAt(until);
    if (next === null) return until;
    until = next;
    if (until - first > LONGEST_WINDOW_MS) return null;
  }
  return null;
}

const MOST_IN_A_ROW = 100;

/** Services are asked about one after the other at the same moment. */
function rememberLast(table: CronTable): CronTable {
  const answers = new Map<number, number | null>();
  return {
    next: (now) => table.next(now),
    latest(now) {
      const known = answers.get(now);
      if (known !== undefined) return known;
      const answer = table.latest(now);
      answers.set(now, answer);
      return answer;
    },
  };
}
