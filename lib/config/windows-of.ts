import { compileCron } from '../schedule/cron.ts';
import { instantOf, isZone, parseTime } from '../schedule/local-time.ts';
import { didYouMean } from '../words/did-you-mean.ts';
import { type Json, type JsonObject, isObject } from '../words/json.ts';
import { LONGEST_WINDOW_MS, type Window } from '../words/window.ts';
import type { Tell } from './check-service.ts';
import type { PathSegment } from './parsed-text.ts';
import { showValue } from './structure.ts';
import { durationOf, textOf } from './written-values.ts';

/** The windows of a `maintenance` of the right structure, less those with mistakes, which are told. */
export function windowsOf(written: Json | undefined, tell: Tell): readonly Window[] {
  const list = Array.isArray(written) ? (written as readonly Json[]) : [];
  const entries: readonly (readonly [PathSegment[], Json])[] = isObject(written)
    ? [[['maintenance'], written]]
    : list.map((entry, index) => [['maintenance', index], entry]);
  return entries.flatMap(([at, entry]) => {
    const window = isObject(entry) ? windowOf(entry, (path, text) => tell([...at, ...path], text)) : null;
    return window === null ? [] : [window];
  });
}

function windowOf(entry: JsonObject, tell: Tell): Window | null {
  const { cron, from, tz, note } = entry;
  if ((cron === undefined) === (from === undefined)) {
    tell([], `saw ${cron === undefined ? 'neither' : 'both'} of cron and from, expected one of them`);
    return null;
  }
  if (typeof tz === 'string' && !isZone(tz)) {
    tell(
      ['tz'],
      `saw ${showValue(tz)}, expected a time zone such as Europe/Oslo${didYouMean(tz, Intl.supportedValuesOf('timeZone'))}`,
    );
    return null;
  }
  const about = { zone: textOf(tz), note: textOf(note) };
  return cron === undefined ? singleWindow(entry, about, tell) : recurringWindow(entry, about, tell);
}

type About = Pick<Window, 'zone' | 'note'>;

function recurringWindow(entry: JsonObject, about: About, tell: Tell): Window | null {
  if (entry['to'] !== undefined) {
    tell(['to'], 'saw to beside cron, expected for: how long each lasts');
    return null;
  }
  const for_ms = lengthOf(entry, tell);
  const cron = textOf(entry['cron']) ?? '';
  const compiled = compileCron(cron, about.zone ?? 'UTC');
  if (!compiled.ok) {
    tell(['cron'], `saw ${showValue(cron)}, ${compiled.problem}`);
    return null;
  }
  if (for_ms === null) return null;
  const pause = longestPause(compiled.table.next, for_ms);
  if (pause === null) {
    tell(['cron'], `saw ${showValue(cron)}, which never comes, expected a date that there is`);
    return null;
  }
  if (pause <= for_ms) {
    tell(
      ['for'],
      `saw ${showValue(entry['for'])}, expected it to end before the next one begins; what is never to be announced has hooks: none`,
    );
    return null;
  }
  return { kind: 'recurring', cron, for_ms, ...about };
}

/**
 * The first pause between two beginnings that is longer than `enough`, or the longest of a year and more; null: it never
 * begins. From any fixed day: a config is right or wrong on every day.
 */
function longestPause(next: (after: number) => number | null, enough: number): number | null {
  let longest = 0;
  let last = next(SOME_DAY);
  if (last === null) return null;
  for (let count = 0; count < 400 && longest <= enough; count += 1) {
    const following = next(last);
    if (following === null) return Infinity;
    longest = Math.max(longest, following - last);
    last = following;
  }
  return longest;
}

const SOME_DAY = Date.UTC(2024, 0, 1);

function singleWindow(entry: JsonObject, about: About, tell: Tell): Window | null {
  const { to } = entry;
  const from = textOf(entry['from']) ?? '';
  if ((to === undefined) === (entry['for'] === undefined)) {
    tell([], `saw ${to === undefined ? 'neither' : 'both'} of to and for beside from, expected one of them`);
    return null;
  }
  const begin = instantIn(entry, 'from', about, tell);
  const end = to === undefined ? lengthOf(entry, tell) : instantIn(entry, 'to', about, tell);
  if (begin === null || end === null) return null;
  const length = to === undefined ? end : end - begin;
  if (length <= 0) {
    tell(['to'], `saw ${showValue(to)}, expected it after from, which is ${from}`);
    return null;
  }
  if (length > LONGEST_WINDOW_MS) {
    tell(['to'], `saw ${showValue(to)}, expected it at most a year after from`);
    return null;
  }
  return { kind: 'single', from, to: textOf(to) ?? length, ...about };
}

function lengthOf(entry: JsonObject, tell: Tell): number | null {
  const { for: written } = entry;
  if (typeof written !== 'string') {
    tell([], 'saw no for, expected one: how long it lasts');
    return null;
  }
  const length = durationOf(written);
  if (length !== null && length > 0 && length <= LONGEST_WINDOW_MS) return length;
  tell(['for'], `saw ${showValue(written)}, expected more than nothing and at most 366d`);
  return null;
}

function instantIn(entry: JsonObject, key: 'from' | 'to', { zone }: About, tell: Tell): number | null {
  const time = parseTime(textOf(entry[key]) ?? '');
  if (time !== null) return instantOf(time, zone ?? 'UTC', key === 'from' ? 'earlier' : 'later');
  tell([key], `saw ${showValue(entry[key])}, expected a time such as 2026-12-01T02:00`);
  return null;
}
