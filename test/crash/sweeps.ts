import { chaosSweep } from './chaos-sweep.ts';
import { diskSweep } from './disk-sweep.ts';
import { errnoSweep } from './errno-sweep.ts';
import { doubleKillSweep, killSweep } from './kill-sweep.ts';
import { powerCutSweep } from './power-cut-sweep.ts';
import type { Sweep } from './sweep.ts';
import { variantSweep } from './variant-sweep.ts';
import { weakSweep } from './weak-sweep.ts';

/** Every sweep of `make crash`, by name, in order. */
export const SWEEPS: Readonly<Record<string, Sweep>> = {
  kill: killSweep,
  'two kills': doubleKillSweep,
  errno: errnoSweep,
  'weak persistence': weakSweep,
  'power cut': powerCutSweep,
  disks: diskSweep,
  chaos: chaosSweep,
  variants: variantSweep,
};
