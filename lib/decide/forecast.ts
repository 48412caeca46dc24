import type { EventKind } from '../words/event.ts';
import type { Result } from '../words/result.ts';
import { decide, type DecideInput } from './decide.ts';
import { reminderAt } from './reminder.ts';
import { whole } from './remembered.ts';

/** Something that is not announced yet. */
export interface Forecast {
  readonly event: EventKind;
  /** with which of the next runs; null: at a time of its own */
  readonly runs: number | null;
  /** RFC 3339; null: not known */
  readonly at: string | null;
  /** `on_down with the next failing run, at …` */
  readonly text: string;
}

/** As many runs are looked ahead. */
const AHEAD = 50;

/**
 * What would be announced if it went on failing, and if it worked: found out by deciding such results, so that it cannot
 * differ from what will happen. What holds now is taken to last.
 */
export function forecast(
  input: DecideInput & { readonly before: NonNullable<DecideInput['before']> },
  interval_ms: number | null,
): readonly Forecast[] {
  const { before, policy, hold } = input;
  const found: Forecast[] = [];
  const look = (what: 'failing' | 'good', event: EventKind) => {
    const runs = runsUntil(event, what, input, interval_ms);
    if (runs === null) return;
    const at = interval_ms === null ? null : inRuns(input.result, runs, interval_ms).time;
    found.push({
      event,
      runs,
      at,
      text: `on_${event} ${inWords(runs, what)}${at === null ? '' : `, at ${at}`}`,
    });
  };
  if (!before.told.down) look('failing', 'down');
  if (before.told.down) look('good', 'up');
  if (before.told.degraded && before.status !== 'down') look('good', 'restore');
  const reminder = reminderAt(whole(before), policy);
  if (reminder !== null && !hold && before.flapping === undefined) {
    const at = new Date(reminder).toISOString();
    found.push({ event: 'reminder', runs: null, at, text: `on_reminder at ${at}, if it is still down then` });
  }
  const isForeseen = found.some(({ event }) => event === 'down');
  if (
    !isForeseen &&
    before.owed !== undefined &&
    before.owed !== null &&
    !before.told.down &&
    before.status === 'down'
  ) {
    found.push({
      event: 'down',
      runs: null,
      at: hold?.until ?? null,
      text: `on_down when ${before.owed.cause} is over, if it is still down then`,
    });
  }
  return found;
}

function runsUntil(
  event: EventKind,
  what: 'failing' | 'good',
  input: DecideInput,
  interval_ms: number | null,
): number | null {
  let { before } = input;
  for (let runs = 1; runs <= AHEAD; runs += 1) {
    const result = { ...inRuns(input.result, runs, interval_ms ?? 60_000), ...LIKE[what] };
    const decision = decide({ ...input, result, before, mayBeDown: false });
    if (decision.drafts.some((draft) => draft.event === event)) return runs;
    before = decision.record;
  }
  return null;
}

const LIKE = {
  failing: { status: 'down' },
  good: {
    status: 'up',
    reason: null,
    reasons: [],
    duration_ms: 0,
    timings: { resolve_ms: 0, connect_ms: 0, tls_ms: 0, first_byte_ms: 0, transfer_ms: 0 },
  },
} as const;

function inRuns(result: Result, runs: number, interval_ms: number): Result {
  const time = new Date(Date.parse(result.started) + runs * interval_ms).toISOString();
  return { ...result, time, started: time, watched: null };
}

function inWords(runs: number, what: string): string {
  return runs === 1 ? `with the next ${what} run` : `after ${runs} more ${what} runs`;
}
