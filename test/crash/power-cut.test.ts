import { describe, expect, test } from 'vitest';
import { whyNoLoopDisk } from './loop-disk.ts';
import { powerCutSweep } from './power-cut-sweep.ts';
import { canTrace, UNTRACEABLE } from './strace.ts';

// Few machines that run tests let them mount a loop device: that is no lack of theirs, and nothing to fail for.
const obstacle = canTrace() ? whyNoLoopDisk() : UNTRACEABLE;
const name = 'a power cut of a real disk';

describe.skipIf(obstacle !== null)(obstacle === null ? name : `${name} (${obstacle})`, () => {
  test('at some instants: the next runs go on as if nothing had happened', async () => {
    const { points, failures } = await powerCutSweep({ sample: { count: 4, seed: 1 } });
    expect(failures).toEqual([]);
    expect(points).toBe(4);
  }, 240_000);
});
