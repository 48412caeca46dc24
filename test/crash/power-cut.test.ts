import { expect, test } from 'vitest';
import { describeUnless } from './describe-unless.ts';
import { whyNoLoopDisk } from './loop-disk.ts';
import { powerCutSweep } from './power-cut-sweep.ts';
import { canTrace } from './strace.ts';

const obstacle = canTrace() ? whyNoLoopDisk() : 'no strace, or it may not trace';
describeUnless(obstacle, 'a power cut of a real disk', () => {
  test('at some instants: the next runs go on as if nothing had happened', async () => {
    const { points, failures } = await powerCutSweep({ sample: { count: 4, seed: 1 } });
    expect(failures).toEqual([]);
    expect(points).toBe(4);
  }, 240_000);
});
