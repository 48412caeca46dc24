import path from 'node:path';
import { temporaryDirectory } from '../servers/daemon.ts';
import { killSweep } from './kill-sweep.ts';
import { SCENARIOS } from './scenarios.ts';
import { randomOf, sampleOf, type SweepOptions, type SweepResult } from './sweep.ts';
import { buildVariant } from './variant-build.ts';
import { type Variant, VARIANTS } from './variants.ts';
import { WEAK_SCENARIOS } from './weak-scenarios.ts';
import { recordScenario } from './weak-trial.ts';

export interface VariantOptions extends SweepOptions {
  /** default all */
  readonly variants?: readonly Variant[];
}

type Catcher = Variant['caughtBy'][number];

/** How one catcher fared with one program. */
interface Hunt {
  readonly points: number;
  /** the first violation; null: none */
  readonly violation: string | null;
}

/** At most so many points of a scenario; a wrong write order is to be found by a few of them. */
const MOST_POINTS = 60;

/**
 * Builds the program with one deliberate mistake after the other, and tells what has caught it, after how many points. A few points of a sweep must catch each; the program
 * as it is must pass as many of the same. What is not caught is a failure of this sweep.
 */
export async function variantSweep(options: VariantOptions): Promise<SweepResult> {
  const variants = sampleOf(options.variants ?? VARIANTS, options.sample);
  const folder = temporaryDirectory('variants');
  const failures: string[] = [];
  const needed = new Map<string, { readonly catcher: Catcher; readonly points: number }>();
  let points = 0;
  try {
    for (const [index, variant] of variants.entries()) {
      const program = buildVariant(variant, path.join(folder.path, String(index)));
      const caught: boolean[] = [];
      for (const catcher of variant.caughtBy.slice(0, options.sample === undefined ? undefined : 1)) {
        const hunt = await huntWith(catcher, program, options);
        points += hunt.points;
        caught.push(hunt.violation !== null);
        options.tell?.(tellHunt(variant, catcher, hunt));
        const key = JSON.stringify(catcher);
        needed.set(key, { catcher, points: Math.max(hunt.points, needed.get(key)?.points ?? 0) });
      }
      if (!caught.includes(true)) failures.push(`“${variant.name}” is caught by nothing that is to catch it`);
      options.progress?.(index + 1, variants.length + 1);
    }
    const control = buildVariant(null, path.join(folder.path, 'control'));
    for (const { catcher, points: count } of needed.values()) {
      const hunt = await huntWith(catcher, control, options, count);
      points += hunt.points;
      if (hunt.violation !== null) failures.push(`the program as it is: ${hunt.violation}`);
    }
    options.progress?.(variants.length + 1, variants.length + 1);
  } finally {
    folder.remove();
  }
  return { points, lost: 0, invented: 0, reordered: 0, repeats: 0, other: failures.length, failures };
}

function huntWith(
  catcher: Catcher,
  program: string,
  options: VariantOptions,
  most = MOST_POINTS,
): Promise<Hunt> {
  const seed = options.sample?.seed ?? 1;
  return catcher.sweep === 'weak'
    ? huntWeak(catcher.scenario, program, seed, most)
    : huntKill(catcher.scenario, program, seed, most);
}

async function huntWeak(name: string, program: string, seed: number, most: number): Promise<Hunt> {
  const random = randomOf(seed);
  const trial = await recordScenario(named(WEAK_SCENARIOS, name), { program, mostEach: 4, random });
  try {
    const cuts = trial.cuts.map((cut) => ({ cut, lot: random() })).sort((a, b) => a.lot - b.lot);
    for (const [index, { cut }] of cuts.slice(0, most).entries()) {
      const [violation] = (await trial.try(cut)).failures;
      if (violation !== undefined) return { points: index + 1, violation };
    }
    return { points: Math.min(most, cuts.length), violation: null };
  } finally {
    trial.remove();
  }
}

/** A few points at a time, so that few will do where few do. */
async function huntKill(name: string, program: string, seed: number, most: number): Promise<Hunt> {
  const scenarios = [named(SCENARIOS, name)];
  let tried = 0;
  for (let round = 0; tried < most; round += 1) {
    const sample = { count: Math.min(AT_A_TIME, most - tried), seed: seed + round };
    const { points, failures } = await killSweep({ program, scenarios, sample });
    tried += points;
    const [violation] = failures;
    if (violation !== undefined) return { points: tried, violation };
    if (points === 0) break;
  }
  return { points: tried, violation: null };
}

const AT_A_TIME = 8;

function named<T extends { readonly name: string }>(all: readonly T[], name: string): T {
  const found = all.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no scenario “${name}”`);
  return found;
}

function tellHunt({ name }: Variant, { sweep, scenario }: Catcher, { points, violation }: Hunt): string {
  const where = `${sweep} sweep of “${scenario}”`;
  return violation === null
    ? `${name}: not caught by the ${where}, ${String(points)} points`
    : `${name}: caught by the ${where}, point ${String(points)}: ${violation}`;
}
