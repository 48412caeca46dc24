import { type Bench, openBench, rehearse } from './bench.ts';
import type { Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';
import type { Recording } from './strace.ts';
import { inParallel, sampleOf, type SweepOptions, type SweepResult, sumOf } from './sweep.ts';

export interface ScenarioOptions extends SweepOptions {
  /** default all; of a sample, as many as it takes to have some points in each */
  readonly scenarios?: readonly Scenario[];
}

/** Points of one scenario, and what it takes to try one. */
export interface Plan<Point> {
  readonly pointsOf: (scenario: Scenario, recording: Recording) => readonly Point[];
  readonly tryPoint: (point: Point, bench: Bench, recording: Recording) => Promise<SweepResult>;
}

/** Rehearses each scenario, then tries its points, each from the same beginning. */
export async function sweepScenarios<Point>(
  options: ScenarioOptions,
  plan: Plan<Point>,
): Promise<SweepResult> {
  const { sample, progress, program } = options;
  const scenarios = scenariosOf(options);
  const share =
    sample === undefined ? undefined : { ...sample, count: Math.ceil(sample.count / scenarios.length) };
  const results: SweepResult[] = [];
  for (const [index, scenario] of scenarios.entries()) {
    const first = await openBench(scenario, program);
    const benches = [first];
    try {
      const { recording, control } = await rehearse(first);
      if (control.failures.length > 0) results.push({ ...control, points: 0 });
      const points = sampleOf(plan.pointsOf(scenario, recording), share);
      const more = Math.min(options.parallel ?? 1, points.length) - 1;
      for (let added = 0; added < more; added += 1) benches.push(await openBench(scenario, program));
      const workers = benches.map((bench) => (point: Point) => plan.tryPoint(point, bench, recording));
      results.push(
        await inParallel(points, workers, (done, all) =>
          progress?.(Math.round(((index + done / all) * 1000) / scenarios.length), 1000),
        ),
      );
    } finally {
      for (const { lab } of benches) lab.remove();
    }
  }
  return sumOf(results);
}

/** In a sample, so many points of each scenario that it has. */
const POINTS_EACH = 8;

function scenariosOf({ scenarios = SCENARIOS, sample }: ScenarioOptions): readonly Scenario[] {
  if (sample === undefined) return scenarios;
  return sampleOf(scenarios, { ...sample, count: Math.max(1, Math.round(sample.count / POINTS_EACH)) });
}
