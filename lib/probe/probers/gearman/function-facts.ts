import type { FactsOf } from '../../../words/fact.ts';
import type { GearmanFunction } from './answers.ts';
import type { GEARMAN_FACTS } from './gearman-facts.ts';

const MAX_NAMES = 100;

/** Facts of the function with this name (one that is not listed has no worker), or of all. */
export function functionFacts(
  functions: readonly GearmanFunction[],
  name: string | null,
): FactsOf<typeof GEARMAN_FACTS> {
  const chosen = name === null ? functions : functions.filter((each) => each.name === name);
  const sum = (of: (each: GearmanFunction) => number) => chosen.reduce((total, each) => total + of(each), 0);
  const stuck = chosen.filter(({ jobs, running, workers }) => jobs > running && workers === 0);
  return {
    functions: functions.length,
    queued: sum(({ jobs, running }) => Math.max(0, jobs - running)),
    running: sum(({ running }) => running),
    workers: name === null ? null : sum(({ workers }) => workers),
    stuck: stuck.slice(0, MAX_NAMES).map((each) => each.name.slice(0, 200)),
  };
}
