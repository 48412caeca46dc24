import type { Timings } from '../../words/result.ts';

export const STOPWATCH_PHASES = ['resolve', 'connect', 'tls', 'first_byte', 'transfer'] as const;
export type StopwatchPhase = (typeof STOPWATCH_PHASES)[number];

/** Splits the time of one probe into phases without a gap, so that they sum to its duration. */
export interface Stopwatch {
  readonly phase: () => StopwatchPhase;
  /** from now on time counts for this phase; a phase may be entered again, as after STARTTLS */
  enter(phase: StopwatchPhase): void;
  /** adds time spent before this stopwatch began, as for a name resolved earlier */
  add(phase: StopwatchPhase, ms: number): void;
  /** what a tool measured itself, instead of all that passed here since resolving; the last word on the time */
  replace(phase: StopwatchPhase, ms: number): void;
  read(): { readonly duration_ms: number; readonly timings: Timings };
}

/** `now` gives monotonic milliseconds. */
export function startStopwatch(first: StopwatchPhase, now: () => number): Stopwatch {
  let spent: Partial<Record<StopwatchPhase, number>> = { [first]: 0 };
  let phase = first;
  let since = now();
  let stopped = false;
  const settle = () => {
    if (stopped) return;
    const time = now();
    spent[phase] = (spent[phase] ?? 0) + (time - since);
    since = time;
  };
  return {
    phase: () => phase,
    enter(next) {
      if (next === phase) return;
      settle();
      phase = next;
      spent[next] ??= 0;
    },
    add(to, ms) {
      spent[to] = (spent[to] ?? 0) + ms;
    },
    replace(by, ms) {
      settle();
      stopped = true;
      spent = { ...(spent.resolve === undefined ? {} : { resolve: spent.resolve }), [by]: ms };
    },
    read() {
      settle();
      const ms = (of: StopwatchPhase) => {
        const value = spent[of];
        return value === undefined ? null : round(value);
      };
      const timings: Timings = {
        resolve_ms: ms('resolve'),
        connect_ms: ms('connect'),
        tls_ms: ms('tls'),
        first_byte_ms: ms('first_byte'),
        transfer_ms: ms('transfer'),
      };
      const duration_ms = round(STOPWATCH_PHASES.reduce((sum, of) => sum + (spent[of] ?? 0), 0));
      return { duration_ms, timings };
    },
  };
}

/** To the microsecond: more is noise. */
function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
