import { describe, expect, it } from 'vitest';
import { endOfSilence } from '../../cmd/silence-end.ts';

// 14:00 in Oslo
const NOW = Date.parse('2026-05-05T12:00:00Z');
const end = (options: { readonly for?: string; readonly until?: string }) =>
  new Date(endOfSilence({ _: [], ...options }, NOW, 'Europe/Oslo')).toISOString().slice(0, 16);

describe('when a silence ends', () => {
  it.each([
    [{ for: '2h' }, '2026-05-05T14:00'],
    [{ for: '30d' }, '2026-06-04T12:00'],
    [{ until: '18:30' }, '2026-05-05T16:30'],
    [{ until: '9:00' }, '2026-05-06T07:00'],
    [{ until: '14:00' }, '2026-05-06T12:00'],
    [{ until: '2026-05-07T08:00' }, '2026-05-07T06:00'],
    [{ until: '2026-05-07 08:00' }, '2026-05-07T06:00'],
    [{ until: '2026-05-07' }, '2026-05-06T22:00'],
    [{ until: '2026-05-07T08:00Z' }, '2026-05-07T08:00'],
    [{ until: '2026-05-07T08:00+05:30' }, '2026-05-07T02:30'],
  ])('%j: %s', (options, expected) => {
    expect(end(options)).toBe(expected);
  });

  it.each([
    [{}, 'saw no end, expected one of --for'],
    [{ for: '2h', until: '18:30' }, 'saw both --for and --until'],
    [{ for: '2' }, '--for 2: is no duration'],
    [{ for: '0s' }, 'it would have ended already'],
    [{ for: '31d' }, 'more than 30 days away'],
    [{ until: '2026-05-05T13:00' }, 'it would have ended already'],
    [{ until: '25:00' }, 'is no time'],
    [{ until: '2026-02-30' }, 'is no time'],
    [{ until: 'tomorrow' }, 'is no time'],
    [{ until: '2027-01-01' }, 'more than 30 days away'],
  ])('%j is refused: %s', (options, expected) => {
    expect(() => end(options)).toThrow(expected);
  });
});
