import { createLab, type Lab, type Saved } from './lab.ts';
import type { Ended, ProgramStart } from './program-run.ts';
import type { Scenario } from './scenario.ts';
import { recordCalls, type Recording } from './strace.ts';
import { resultOf, type SweepResult } from './sweep.ts';

/** A lab at the instant before a scenario’s disturbed run, to which it can be put back. */
export interface Bench {
  readonly scenario: Scenario;
  readonly lab: Lab;
  readonly before: Saved;
}

export async function openBench(scenario: Scenario, program: string | undefined): Promise<Bench> {
  const { services } = scenario;
  const lab = createLab({
    ...(program === undefined ? {} : { program }),
    ...(services === undefined ? {} : { services }),
  });
  await scenario.prepare?.(lab);
  return { scenario, lab, before: lab.save() };
}

export function disturb({ scenario, lab }: Bench, start: ProgramStart): Promise<Ended> {
  return scenario.disturbed?.(lab, start) ?? lab.run(['run'], start);
}

/** One clean round, with all pauses over. */
export function cleanRound({ scenario, lab }: Bench, start: ProgramStart = {}): Promise<Ended> {
  lab.age(HOURS_3);
  return scenario.clean?.(lab, start) ?? lab.run(['run'], start);
}

const HOURS_3 = 3 * 3_600_000;
const MOST_ROUNDS = 5;

/**
 * What the scenario calls when nothing disturbs it, and what the oracle has against it then, which is nothing where
 * scenario and program are right.
 */
export async function rehearse(
  bench: Bench,
): Promise<{ readonly recording: Recording; readonly control: SweepResult }> {
  const recording = await recordCalls(bench.lab, (start) => disturb(bench, start));
  const { ended, calls } = recording;
  const wrong = [
    ...(ended.hung || ended.signal !== null ? [`ended with ${tellEnd(ended)}`] : []),
    ...(calls.length === 0 ? ['strace saw no call that touches the state'] : []),
  ];
  return { recording, control: await conclude(bench, { name: 'undisturbed', crashes: 0, other: wrong }) };
}

/** What happens afterwards, clean rounds until nothing is left, and the oracle’s judgement. */
export async function conclude(
  bench: Bench,
  point: { readonly name: string; readonly crashes: number; readonly other: readonly string[] },
): Promise<SweepResult> {
  const { scenario, lab } = bench;
  scenario.afterwards?.(lab);
  const ends = await settle(bench);
  return resultOf({
    name: `${scenario.name}: ${point.name}`,
    evidence: { ...scenario, marks: lab.marks(), crashes: point.crashes, leftovers: lab.leftovers() },
    other: [...point.other, ...ends],
  });
}

/** Rounds until one ends with 0 and nothing is left over; gives what was wrong with their ends, one line each. */
async function settle(bench: Bench): Promise<readonly string[]> {
  for (let round = 1; ; round += 1) {
    const ended = await cleanRound(bench);
    const isLast = round === MOST_ROUNDS;
    if (ended.code === 0 && (isLast || bench.lab.leftovers().length === 0)) return [];
    if (isLast || isBroken(ended)) return [`a clean run afterwards ended with ${tellEnd(ended)}`];
  }
}

/** No user’s mistake and no state of the system may end it like that. */
export function isBroken({ code, signal, hung }: Ended): boolean {
  return hung || signal !== null || code === 70;
}

export function tellEnd({ code, signal, hung, stderr }: Ended): string {
  const end = hung ? 'nothing: it hung' : signal === null ? `exit code ${code ?? '?'}` : signal;
  return stderr === '' ? end : `${end}: ${stderr.trim().slice(0, 600)}`;
}
