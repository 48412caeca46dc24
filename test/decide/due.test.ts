import { describe, expect, it } from 'vitest';
import { isDue } from '../../lib/decide/due.ts';

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
  ])('%s', (_, interval, remembered, seconds, due) => {
    expect(isDue(interval, remembered ? { started } : null, at(seconds))).toBe(due);
  });
});
