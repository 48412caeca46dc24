import { expect, test } from 'vitest';
import { expectedOf } from './chaos-plan.ts';
import { chaosSweep } from './chaos-sweep.ts';
import { describeUnless } from './describe-unless.ts';
import { diskSweep } from './disk-sweep.ts';
import { CAN_MOUNT, UNMOUNTABLE } from './disks.ts';

// `make crash` does more of both, and of the soak another one each time.
test('twelve rounds of chaos, then calm: nothing is lost, invented, out of order or left over', async () => {
  const { points, failures } = await chaosSweep({ sample: { count: 12, seed: 4 } });
  expect(failures).toEqual([]);
  expect(points).toBe(12);
}, 300_000);

describeUnless(CAN_MOUNT ? null : UNMOUNTABLE, 'real file systems', () => {
  test('that are full, read-only or forbidden for a while: all is announced at once, and once', async () => {
    const { points, failures } = await diskSweep({ sample: { count: 6, seed: 3 } });
    expect(failures).toEqual([]);
    expect(points).toBe(6);
  }, 300_000);
});

test.each([
  ['up', 'first'],
  ['up down', 'first down'],
  ['down? up', 'first (down) (up)'],
  ['down? down', 'first down'],
  ['down up? down', 'first down (up) (down)'],
  ['down gone', 'first down up'],
  ['down gone? gone up', 'first down up (first) (up)'],
  ['gone down', 'first (first) down'],
  ['gone', 'first'],
])('a world that was %s must be told as %s', (world, expected) => {
  const sights = world.split(' ').map((word) => {
    const fate = word.replace('?', '');
    if (fate !== 'up' && fate !== 'down' && fate !== 'gone') throw new Error(word);
    return { fate, certain: !word.endsWith('?') } as const;
  });
  const told = expectedOf('a', sights).map(({ event, optional }) =>
    optional === true ? `(${event})` : event,
  );
  expect(told.join(' ')).toBe(expected);
});
