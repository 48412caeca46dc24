import { describe, expect, it } from 'vitest';
import { dueAt, isDue } from '../../lib/decide/due.ts';

const started = '2026-11-21T12:00:00.000Z';
const at = (seconds: number) => Date.parse(started) + seconds * 1000;
const MINUTE = 60_000;

describe('a service is due', () => {
  it.each<[string, number | null, boolean, number, boolean]>([
    ['at every run without an interval', null, true, 0, true],
    ['when nothing is remembered of it', MINUTE, false, 0, true],
    ['not before its interval', MINUTE, true, 53.9, false],
    ['a tenth of its interval early, because timers drift', MINUTE, true, 54, true],
    ['after its interval', MINUTE, true, 61, true],
    ['at most 30 s early', 60 * MINUTE, true, 3569, false],
    ['30 s early', 60 * MINUTE, true, 3570, true],
    ['when its last start lies in the future', MINUTE, true, -1, true],
    ['not at the very instant of its start', MINUTE, true, 0, false],
  ])('%s', (_, interval_ms, remembered, seconds, due) => {
    const timing = { name: 'web', interval_ms, jitter_ms: 0 };
    expect(isDue(timing, remembered ? { started } : null, at(seconds))).toBe(due);
  });

  it('when its last start cannot be read', () => {
    const timing = { name: 'web', interval_ms: MINUTE, jitter_ms: 0 };
    expect(isDue(timing, { started: 'yesterday' }, at(0))).toBe(true);
  });
});

describe('jitter', () => {
  const names = Array.from({ length: 1000 }, (_, index) => `web-${String(index)}`);

  /** Runs a cron of one start a minute, a little early or late each time, and notes who was due when. */
  function cron(jitter_ms: number, minutes: number): ReadonlyMap<string, readonly number[]> {
    const starts = new Map<string, number[]>(names.map((name) => [name, []]));
    for (let minute = 0; minute < minutes; minute += 1) {
      const now = at(minute * 60 + Math.sin(minute) * 3);
      for (const [name, before] of starts) {
        const last = before.at(-1);
        const record = last === undefined ? null : { started: new Date(last).toISOString() };
        if (isDue({ name, interval_ms: 5 * MINUTE, jitter_ms }, record, now)) before.push(now);
      }
    }
    return starts;
  }

  function busiest(starts: ReadonlyMap<string, readonly number[]>, after: number): number {
    const counts = new Map<number, number>();
    for (const time of [...starts.values()].flat())
      if (time > after) counts.set(time, (counts.get(time) ?? 0) + 1);
    return Math.max(...counts.values());
  }

  it('without it a thousand services of 5m are all probed together', () => {
    expect(busiest(cron(0, 30), at(100))).toBe(1000);
  });

  it('over 5m it makes of them about a fifth in each minute, once the first run is over', () => {
    expect(busiest(cron(5 * MINUTE, 30), at(100))).toBeLessThan(300);
  });

  it('over 2m it makes of them at most two in three in one minute', () => {
    expect(busiest(cron(2 * MINUTE, 30), at(100))).toBeLessThan(700);
  });

  it('never makes the pause longer than the interval, nor, once it is in step, another one', () => {
    for (const times of cron(5 * MINUTE, 30).values()) {
      const pauses = times.slice(1).map((time, index) => (time - (times[index] ?? 0)) / MINUTE);
      expect(Math.max(...pauses)).toBeLessThan(5.2);
      for (const pause of pauses.slice(3)) expect(Math.abs(pause - 5)).toBeLessThan(0.2);
    }
  });

  it('a service keeps its times: they come from its name, not from when it was probed last', () => {
    const timing = { name: 'mail', interval_ms: 60 * MINUTE, jitter_ms: 10 * MINUTE };
    const first = dueAt(timing, { started }, at(1)) ?? Number.NaN;
    const inTime = new Date(first).toISOString();
    const late = new Date(first + 20 * MINUTE).toISOString();
    expect(dueAt(timing, { started: inTime }, first + 2)).toBe(first + 60 * MINUTE);
    expect(dueAt(timing, { started: late }, first + 21 * MINUTE)).toBe(first + 60 * MINUTE);
    expect((first - at(0)) / MINUTE).toBeGreaterThan(1);
    expect((first - at(0)) / MINUTE).toBeLessThan(10);
  });

  it('a start that came a little early is not made up for', () => {
    const timing = { name: 'mail', interval_ms: 60 * MINUTE, jitter_ms: 10 * MINUTE };
    const first = dueAt(timing, { started }, at(1)) ?? Number.NaN;
    const early = { started: new Date(first - 20_000).toISOString() };
    expect(isDue(timing, early, first + 10_000)).toBe(false);
  });
});
