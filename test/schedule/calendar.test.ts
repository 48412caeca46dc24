import { describe, expect, it } from 'vitest';
import { createCalendar } from '../../lib/schedule/calendar.ts';
import { isZone } from '../../lib/schedule/local-time.ts';
import type { Window } from '../../lib/words/window.ts';

const HOUR = 3_600_000;
const OSLO = 'Europe/Oslo';
const LORD_HOWE = 'Australia/Lord_Howe';

const weekly = (cron: string, hours: number, zone: string | null = OSLO): Window => ({
  kind: 'recurring',
  cron,
  for_ms: hours * HOUR,
  zone,
  note: null,
});
const once = (from: string, to: string | number, zone: string | null = OSLO): Window => ({
  kind: 'single',
  from,
  to,
  zone,
  note: null,
});
const iso = (ms: number | null | undefined) =>
  (ms ?? null) === null ? null : new Date(ms!).toISOString().slice(0, 19);
const at = (time: string) => Date.parse(`${time}Z`);

/** The first window that begins after a time, as UTC: from and until. */
function firstAfter(windows: readonly Window[], time: string, hostZone = 'UTC'): string {
  const next = createCalendar(hostZone).nextWindow(windows, at(time));
  return `${iso(next?.from)} ${iso(next?.until)}`;
}

describe('when a window is open, on the clock of its zone', () => {
  /** what · windows · after (UTC) · open from, until (UTC) */
  const TABLE: readonly (readonly [string, readonly Window[], string, string])[] = [
    ['winter time', [weekly('0 3 * * 0', 2)], '2026-01-05T00:00', '2026-01-11T02:00:00 2026-01-11T04:00:00'],
    ['summer time', [weekly('0 3 * * 0', 2)], '2026-07-06T00:00', '2026-07-12T01:00:00 2026-07-12T03:00:00'],
    [
      '7 is Sunday too',
      [weekly('0 3 * * 7', 2)],
      '2026-01-05T00:00',
      '2026-01-11T02:00:00 2026-01-11T04:00:00',
    ],
    [
      'a weekday by its name',
      [weekly('0 3 * * SUN', 2)],
      '2026-01-05T00:00',
      '2026-01-11T02:00:00 2026-01-11T04:00:00',
    ],
    [
      'a day matches by date or weekday',
      [weekly('0 3 15 * 0', 1)],
      '2026-01-12T00:00',
      '2026-01-15T02:00:00 2026-01-15T03:00:00',
    ],
    [
      'the last day of the month',
      [weekly('0 3 L * *', 1)],
      '2026-02-02T00:00',
      '2026-02-28T02:00:00 2026-02-28T03:00:00',
    ],
    ['@daily', [weekly('@daily', 1)], '2026-01-05T00:00', '2026-01-05T23:00:00 2026-01-06T00:00:00'],
    [
      'without a zone: that of the host',
      [weekly('0 3 * * *', 1, null)],
      '2026-01-05T04:00',
      '2026-01-06T03:00:00 2026-01-06T04:00:00',
    ],
    [
      'one that begins in the missing hour begins at the leap and keeps its length',
      [weekly('30 2 * * *', 2)],
      '2026-03-28T12:00',
      '2026-03-29T01:00:00 2026-03-29T03:00:00',
    ],
    [
      'one that lies over the missing hour keeps its length',
      [weekly('0 1 * * *', 3)],
      '2026-03-28T12:00',
      '2026-03-29T00:00:00 2026-03-29T03:00:00',
    ],
    [
      'one that begins in the doubled hour',
      [weekly('30 2 * * *', 1)],
      '2026-10-24T12:00',
      '2026-10-25T00:30:00 2026-10-25T01:30:00',
    ],
    [
      'does so once: the next is a day later',
      [weekly('30 2 * * *', 1)],
      '2026-10-25T00:30',
      '2026-10-26T01:30:00 2026-10-26T02:30:00',
    ],
    [
      'a list of hours is fixed time, too',
      [weekly('30 2,14 * * *', 1)],
      '2026-10-25T00:30',
      '2026-10-25T13:30:00 2026-10-25T14:30:00',
    ],
    [
      'one over the doubled hour keeps its length',
      [weekly('0 1 * * *', 3)],
      '2026-10-24T12:00',
      '2026-10-24T23:00:00 2026-10-25T02:00:00',
    ],
    [
      'half an hour is missing',
      [weekly('10 2 * * *', 1, LORD_HOWE)],
      '2026-10-03T12:00',
      '2026-10-03T15:30:00 2026-10-03T16:30:00',
    ],
    [
      'half an hour is doubled',
      [weekly('45 1 * * *', 1, LORD_HOWE)],
      '2026-04-04T12:00',
      '2026-04-04T14:45:00 2026-04-04T15:45:00',
    ],
    [
      'and the next is a day later',
      [weekly('45 1 * * *', 1, LORD_HOWE)],
      '2026-04-04T14:45',
      '2026-04-05T15:15:00 2026-04-05T16:15:00',
    ],
    [
      'from, to',
      [once('2026-12-01T02:00', '2026-12-01T04:00')],
      '2026-11-01T00:00',
      '2026-12-01T01:00:00 2026-12-01T03:00:00',
    ],
    [
      'from, for',
      [once('2026-12-01 02:00', 2 * HOUR)],
      '2026-11-01T00:00',
      '2026-12-01T01:00:00 2026-12-01T03:00:00',
    ],
    [
      'whole days',
      [once('2026-12-24', '2026-12-27')],
      '2026-11-01T00:00',
      '2026-12-23T23:00:00 2026-12-26T23:00:00',
    ],
    [
      'instants need no zone',
      [once('2026-12-01T02:00Z', '2026-12-01T02:00-02:00')],
      '2026-11-01T00:00',
      '2026-12-01T02:00:00 2026-12-01T04:00:00',
    ],
    [
      'from in the missing hour: the leap',
      [once('2026-03-29T02:30', 2 * HOUR)],
      '2026-03-01T00:00',
      '2026-03-29T01:00:00 2026-03-29T03:00:00',
    ],
    [
      'from and to in the doubled hour: all that reads as inside',
      [once('2026-10-25T02:10', '2026-10-25T02:50')],
      '2026-10-01T00:00',
      '2026-10-25T00:10:00 2026-10-25T01:50:00',
    ],
    [
      'from in the missing half hour',
      [once('2026-10-04T02:15', HOUR, LORD_HOWE)],
      '2026-10-01T00:00',
      '2026-10-03T15:30:00 2026-10-03T16:30:00',
    ],
    [
      'from and to in the doubled half hour',
      [once('2026-04-05T01:45', '2026-04-05T01:50', LORD_HOWE)],
      '2026-04-01T00:00',
      '2026-04-04T14:45:00 2026-04-04T15:20:00',
    ],
    [
      'the earlier of two',
      [weekly('0 5 * * *', 1), weekly('0 3 * * *', 1)],
      '2026-01-05T00:00',
      '2026-01-05T02:00:00 2026-01-05T03:00:00',
    ],
    [
      'windows that follow each other end together',
      [weekly('0 3 * * *', 2), weekly('0 5 * * *', 1)],
      '2026-01-05T00:00',
      '2026-01-05T02:00:00 2026-01-05T05:00:00',
    ],
    [
      'windows that overlap end together',
      [weekly('0 3 * * *', 2), weekly('0 4 * * *', 4)],
      '2026-01-05T00:00',
      '2026-01-05T02:00:00 2026-01-05T07:00:00',
    ],
    [
      'a short one inside a long one does not end it',
      [weekly('0 3 * * *', 6), weekly('0 4 * * *', 1)],
      '2026-01-05T00:00',
      '2026-01-05T02:00:00 2026-01-05T08:00:00',
    ],
    [
      'what is over does not come again',
      [once('2026-12-01T02:00', '2026-12-01T04:00')],
      '2026-12-02T00:00',
      'null null',
    ],
    ['no windows', [], '2026-12-02T00:00', 'null null'],
    ['no end in sight', [weekly('* * * * *', 1)], '2026-01-05T00:00', '2026-01-05T00:01:00 null'],
  ];

  it.each(TABLE)('%s', (_, windows, after, expected) => {
    expect(firstAfter(windows, after)).toBe(expected);
  });

  it.each(TABLE.filter(([, , , expected]) => !expected.includes('null')))(
    'open from its first instant to before its last: %s',
    (_, windows, after, expected) => {
      const [from = '', until = ''] = expected.split(' ');
      const calendar = createCalendar('UTC');
      const isOpen = (ms: number) => calendar.windowAt(windows, ms) !== null;
      expect([isOpen(at(from) - 1), isOpen(at(from)), isOpen(at(until) - 1), isOpen(at(until))]).toEqual([
        at(from) - 1 <= at(after) ? expect.any(Boolean) : false,
        true,
        true,
        false,
      ]);
      expect(iso(calendar.windowAt(windows, at(until) - 1)?.until)).toBe(until);
    },
  );
});

describe('what it is called', () => {
  const calendar = createCalendar(OSLO);
  const causeOf = (window: Window) => calendar.windowAt([window], at('2026-12-01T02:30'))?.cause;

  it.each([
    ['its note', { ...weekly('0 3 * * *', 2), note: 'backup' }, 'backup'],
    ['else its times', weekly('0 3 * * *', 2), '0 3 * * * Europe/Oslo'],
    ['of the host’s own zone', weekly('0 3 * * *', 2, null), '0 3 * * *'],
    ['or its end', once('2026-12-01T02:00', '2026-12-01T04:00', null), 'until 2026-12-01 04:00'],
  ])('%s', (_, window, cause) => {
    expect(causeOf(window)).toBe(cause);
  });

  it('of two that are open, the one that began last', () => {
    const windows = [
      { ...weekly('0 3 * * *', 2), note: 'long' },
      { ...weekly('15 3 * * *', 1), note: 'short' },
    ];
    expect(calendar.windowAt(windows, at('2026-12-01T02:30'))?.cause).toBe('short');
  });
});

it.each([
  ['Europe/Oslo', true],
  ['Australia/Lord_Howe', true],
  ['UTC', true],
  ['Europe/Nowhere', false],
  ['', false],
  ['+01:00', false],
  ['../etc/passwd', false],
])('%j is a zone: %s', (name, expected) => {
  expect(isZone(name)).toBe(expected);
});
