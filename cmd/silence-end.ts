import { instantOf, parseTime, showLocalTime, type WrittenTime } from '../lib/schedule/local-time.ts';
import { EXIT, UserError } from '../lib/words/problem.ts';
import { safeLine } from '../lib/words/safe-text.ts';
import { durationOption } from './command-line.ts';
import type { Options } from './options.ts';

const DAY_MS = 86_400_000;
const LONGEST_DAYS = 30;

/** When a silence that is ordered at `now` ends, by --for or --until; ms since 1970. Throws UserError 64. */
export function endOfSilence(options: Options, now: number, zone: string): number {
  const { for: length, until } = options;
  if ((length === undefined) === (until === undefined)) {
    const seen = length === undefined ? 'no end' : 'both --for and --until';
    throw usage(
      `silence: saw ${seen}, expected one of --for 2h and --until 18:30, so that it ends by itself`,
    );
  }
  const end = until === undefined ? now + (durationOption(length, '--for') ?? 0) : endAt(until, now, zone);
  if (end <= now) {
    const seen = until === undefined ? `--for ${String(length)}` : `--until ${safeLine(until, 40)}`;
    throw usage(`${seen}: it would have ended already, expected a time to come`);
  }
  if (end - now > LONGEST_DAYS * DAY_MS)
    throw usage(
      `silence: saw an end more than ${String(LONGEST_DAYS)} days away, expected an earlier one; for what is planned there is maintenance, for what is gone enabled: false`,
    );
  return end;
}

function endAt(text: string, now: number, zone: string): number {
  const time = /^\d{1,2}:\d{2}$/.test(text) ? null : parseTime(text);
  if (time !== null) return instantOf(time, zone, 'later');
  const next = nextTimeOfDay(text, now, zone);
  if (next !== null) return next;
  throw usage(`--until ${safeLine(text, 40)}: is no time, expected one like 18:30 or 2026-12-01T18:30`);
}

/** `18:30`: today, or tomorrow where that has passed. */
function nextTimeOfDay(text: string, now: number, zone: string): number | null {
  const [, hour, minute] = /^(\d{1,2}):(\d{2})$/.exec(text) ?? [];
  if (hour === undefined || minute === undefined) return null;
  const onDay = (day: string): WrittenTime | null => parseTime(`${day}T${hour.padStart(2, '0')}:${minute}`);
  const today = showLocalTime(now, zone).slice(0, 10);
  const tomorrow = new Date(Date.parse(`${today}T12:00Z`) + DAY_MS).toISOString().slice(0, 10);
  for (const day of [today, tomorrow]) {
    const time = onDay(day);
    if (time === null) return null;
    const instant = instantOf(time, zone, 'later');
    if (instant > now) return instant;
  }
  return null;
}

function usage(text: string): UserError {
  return new UserError(EXIT.usage, text);
}
