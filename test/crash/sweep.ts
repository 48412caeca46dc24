import { judge, countRepeats, type Evidence, type Violation } from './oracle.ts';

/** What came of a sweep: so many points tried, so many violations of each sort. */
export interface SweepResult {
  readonly points: number;
  readonly lost: number;
  readonly invented: number;
  readonly reordered: number;
  /** hooks that ran again because of a crash; more than one per crash counts under `other` */
  readonly repeats: number;
  readonly other: number;
  /** one line each: the point, and what was wrong there; empty: all is well */
  readonly failures: readonly string[];
  /** why nothing could be tried on this machine; absent: it could */
  readonly skipped?: string;
}

/** Of a sweep that this machine does not allow. */
export function skippedSweep(skipped: string): SweepResult {
  return { ...sumOf([]), skipped };
}

export interface SweepOptions {
  /** path of puptime.js; default that of the tests */
  readonly program?: string;
  /** only so many points of all, chosen by the seed; default all */
  readonly sample?: { readonly count: number; readonly seed: number };
  /** points at a time; default 1 */
  readonly parallel?: number;
  /** told after each point */
  readonly progress?: (done: number, all: number) => void;
  /** told what a person wants to know besides the counts, one line each */
  readonly tell?: (line: string) => void;
}

export type Sweep = (options: SweepOptions) => Promise<SweepResult>;

/** What came of one point: what the hooks told, and what else was wrong, one line each. */
export interface PointOutcome {
  readonly name: string;
  readonly evidence: Evidence;
  readonly other?: readonly string[];
}

/** The outcome of one point, as a sweep of its own. */
export function resultOf({ name, evidence, other = [] }: PointOutcome): SweepResult {
  const violations = judge(evidence);
  const count = (...kinds: readonly Violation['kind'][]) =>
    violations.filter(({ kind }) => kinds.includes(kind)).length;
  const named = count('lost', 'invented', 'two_ids', 'reordered');
  return {
    points: 1,
    lost: count('lost'),
    invented: count('invented', 'two_ids'),
    reordered: count('reordered'),
    repeats: countRepeats(evidence.marks),
    other: violations.length - named + other.length,
    failures: [
      ...violations.map(({ kind, text }) => `${name}: ${kind}: ${text}`),
      ...other.map((text) => `${name}: ${text}`),
    ],
  };
}

export function sumOf(results: readonly SweepResult[]): SweepResult {
  const sum = (key: Exclude<keyof SweepResult, 'failures' | 'skipped'>) =>
    results.reduce((total, result) => total + result[key], 0);
  return {
    points: sum('points'),
    lost: sum('lost'),
    invented: sum('invented'),
    reordered: sum('reordered'),
    repeats: sum('repeats'),
    other: sum('other'),
    failures: results.flatMap(({ failures }) => failures),
  };
}

/** Some of all, chosen by the seed, in their order; all of them when `sample` is undefined. */
export function sampleOf<T>(all: readonly T[], sample: SweepOptions['sample']): readonly T[] {
  if (sample === undefined) return all;
  const random = randomOf(sample.seed);
  const drawn = all.map((one, index) => ({ one, index, lot: random() })).sort((a, b) => a.lot - b.lot);
  return drawn
    .slice(0, sample.count)
    .sort((a, b) => a.index - b.index)
    .map(({ one }) => one);
}

/** Numbers from 0 to 1, always the same for a seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Works off the points in their order, so many at a time, each by a worker that has no other meanwhile. */
export async function inParallel<Point>(
  points: readonly Point[],
  workers: readonly ((point: Point) => Promise<SweepResult>)[],
  progress: SweepOptions['progress'] = () => undefined,
): Promise<SweepResult> {
  const waiting = [...points];
  const results: SweepResult[] = [];
  await Promise.all(
    workers.map(async (work) => {
      for (let point = waiting.shift(); point !== undefined; point = waiting.shift()) {
        results.push(await work(point));
        progress(results.length, points.length);
      }
    }),
  );
  return sumOf(results);
}
