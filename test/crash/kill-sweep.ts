import { type Bench, cleanRound, conclude, disturb, isBroken, tellEnd } from './bench.ts';
import { type ScenarioOptions, sweepScenarios } from './scenario-sweep.ts';
import { type Call, canTrace, injectionOptions, type Recording, tellCall, UNTRACEABLE } from './strace.ts';
import { randomOf, skippedSweep, type SweepResult } from './sweep.ts';

/**
 * kill -9 before every call by which a run changes something, which is also after the one before it; in the scenarios of
 * EVERY_CALL before all others on the way, too. Then clean runs, then the oracle.
 */
export async function killSweep(options: ScenarioOptions): Promise<SweepResult> {
  if (!canTrace()) return skippedSweep(UNTRACEABLE);
  return sweepScenarios<readonly Call[]>(options, {
    pointsOf: ({ name }, { calls }) =>
      calls.filter(({ isEffect }) => isEffect || EVERY_CALL.has(name)).map((call) => [call]),
    tryPoint: killAt,
  });
}

/** The same with a second kill, in the first run afterwards: of all pairs some, always the same. */
export async function doubleKillSweep(options: ScenarioOptions): Promise<SweepResult> {
  if (!canTrace()) return skippedSweep(UNTRACEABLE);
  return sweepScenarios<readonly Call[]>(options, {
    pointsOf: (_scenario, { calls }) => {
      const effects = calls.filter(({ isEffect }) => isEffect);
      const random = randomOf(options.sample?.seed ?? 1);
      const draw = () => effects[Math.floor(random() * effects.length)];
      return Array.from({ length: PAIRS }, () => [draw(), draw()].filter((call) => call !== undefined));
    },
    tryPoint: killAt,
  });
}

const EVERY_CALL: ReadonlySet<string> = new Set(['up']);
/** Of each scenario. */
const PAIRS = 8;

async function killAt(calls: readonly Call[], bench: Bench, { paths }: Recording): Promise<SweepResult> {
  const { lab } = bench;
  const [first, second] = calls;
  const killing = (call: Call) => ({
    strace: injectionOptions(lab, paths, { call, what: 'signal=KILL' }),
  });
  lab.restore(bench.before);
  const ends = first === undefined ? [] : [await disturb(bench, killing(first))];
  if (second !== undefined) ends.push(await cleanRound(bench, killing(second)));
  const killed = ends.filter(({ signal }) => signal === 'SIGKILL').length;
  const name = `killed at ${calls.map(tellCall).join(', then at ')}`;
  const unlike = ends.filter((end) => end.signal !== 'SIGKILL' && isBroken(end));
  const other = unlike.map((end) => `ended with ${tellEnd(end)}`);
  const result = await conclude(bench, { name, crashes: killed, other });
  // A run in which the call did not come has ended by itself, and proves nothing.
  return killed === 0 ? { ...result, points: 0 } : result;
}
