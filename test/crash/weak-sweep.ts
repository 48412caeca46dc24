import { canTrace, UNTRACEABLE } from './strace.ts';
import { randomOf, sampleOf, skippedSweep, sumOf, type SweepOptions, type SweepResult } from './sweep.ts';
import { WEAK_SCENARIOS, type WeakScenario } from './weak-scenarios.ts';
import { recordScenario } from './weak-trial.ts';

export interface WeakOptions extends SweepOptions {
  /** default all; of a sample, as many as it takes to have some points in each */
  readonly scenarios?: readonly WeakScenario[];
}

/**
 * Weak persistence: what a run of the program did is recorded, and the power taken away after each of its operations. A
 * file system that promises no more than POSIX may then hold any of many states; the program must go on from each as if
 * nothing had happened.
 */
export async function weakSweep(options: WeakOptions): Promise<SweepResult> {
  const { sample, program, progress } = options;
  if (!canTrace()) return skippedSweep(UNTRACEABLE);
  const scenarios = scenariosOf(options);
  const share =
    sample === undefined ? undefined : { ...sample, count: Math.ceil(sample.count / scenarios.length) };
  const results: SweepResult[] = [];
  const waiting = [...scenarios.entries()];
  let done = 0;
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, scenario] = next;
      const random = randomOf((sample?.seed ?? 0) + index);
      const recorded = { mostEach: MOST_EACH, random, ...(program === undefined ? {} : { program }) };
      const trial = await recordScenario(scenario, recorded);
      try {
        for (const cut of sampleOf(trial.cuts, share)) results.push(await trial.try(cut));
      } finally {
        trial.remove();
      }
      done += 1;
      progress?.(done, scenarios.length);
    }
  };
  await Promise.all(Array.from({ length: options.parallel ?? 1 }, work));
  return sumOf(results);
}

/** States of one instant, besides the extremes. */
const MOST_EACH = 6;
/** In a sample, so many points of each scenario that it has. */
const POINTS_EACH = 4;

function scenariosOf({ scenarios = WEAK_SCENARIOS, sample }: WeakOptions): readonly WeakScenario[] {
  if (sample === undefined) return scenarios;
  return sampleOf(scenarios, { ...sample, count: Math.max(1, Math.round(sample.count / POINTS_EACH)) });
}
