import { expect, test } from 'vitest';
import { describeUnless } from './describe-unless.ts';
import { errnoSweep } from './errno-sweep.ts';
import { doubleKillSweep, killSweep } from './kill-sweep.ts';
import { SCENARIOS } from './scenarios.ts';
import { canTrace, UNTRACEABLE } from './strace.ts';
import { type Sweep, sampleOf } from './sweep.ts';

/** Some of all points; `make crash` tries every one. */
const SAMPLES: readonly (readonly [string, Sweep, number])[] = [
  ['killed anywhere on its way, a run is made good by the next', killSweep, 24],
  ['so are a run and the one after it', doubleKillSweep, 8],
  ['an error of any call is told, and made good', errnoSweep, 24],
];

describeUnless(canTrace() ? null : UNTRACEABLE, 'the promise, at some points of the way', () => {
  test.each(SAMPLES)(
    '%s',
    async (_promise, sweep, count) => {
      const { points, failures } = await sweep({ sample: { count, seed: 1 } });
      expect(failures).toEqual([]);
      expect(points).toBeGreaterThan(count / 2);
    },
    240_000,
  );

  test('a scenario that expects what does not happen is not believed', async () => {
    const [steady] = SCENARIOS.filter(({ name }) => name === 'steady');
    if (steady === undefined) throw new Error('there is no scenario “steady”');
    const wrong = { ...steady, expected: [...steady.expected, { service: 'a', event: 'down' }] };
    const { failures } = await killSweep({ scenarios: [wrong], sample: { count: 1, seed: 1 } });
    expect(failures[0]).toContain('undisturbed: lost: a, hook all: no on_down');
  }, 60_000);
});

test('a sample is always the same for a seed, and another for another', () => {
  const all = Array.from({ length: 100 }, (_, index) => index);
  const drawn = (seed: number) => sampleOf(all, { count: 10, seed });
  expect(drawn(1)).toEqual(drawn(1));
  expect(drawn(1)).not.toEqual(drawn(2));
  expect(sampleOf(all, undefined)).toEqual(all);
});
