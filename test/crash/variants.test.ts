import { expect, test } from 'vitest';
import { describeUnless } from './describe-unless.ts';
import { canTrace, UNTRACEABLE } from './strace.ts';
import { mutate } from './variant-build.ts';
import { variantSweep } from './variant-sweep.ts';
import { VARIANTS } from './variants.ts';

test.each(VARIANTS.map((variant) => [variant.name, variant] as const))(
  'there is a place for the mistake: %s',
  (_name, variant) => {
    expect(mutate(variant).size).toBeGreaterThan(0);
  },
);

test('a variant whose place is not there exactly once is refused', () => {
  const edit = { file: 'lib/state/durable-file.ts', find: 'fsyncSync', replace: '' };
  expect(() => mutate({ name: 'vague', edits: [edit], caughtBy: [] })).toThrow('expected once');
});

describeUnless(canTrace() ? null : UNTRACEABLE, 'wrong on purpose', () => {
  test('two of the variants are caught, and the program as it is passes the same points', async () => {
    const some = ['no fsync of the event file', 'a hook counts as done when it starts'];
    const variants = VARIANTS.filter(({ name }) => some.includes(name));
    const { points, failures } = await variantSweep({ variants, sample: { count: 2, seed: 1 } });
    expect(failures).toEqual([]);
    expect(points).toBeGreaterThan(some.length);
  }, 240_000);
});
