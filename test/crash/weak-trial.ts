import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isBroken, tellEnd } from './bench.ts';
import { createLab, type Lab } from './lab.ts';
import { powerCuts, type PowerCut } from './power-cuts.ts';
import { parseTrace, TRACE_OPTIONS, type Operation } from './recording.ts';
import type { Condition } from './stage.ts';
import { resultOf, type SweepResult } from './sweep.ts';
import type { Item, Tree } from './weak-file-system.ts';
import type { RecordedStart, WeakScenario } from './weak-scenarios.ts';

/** One scenario, recorded; `try` may be called as often as one likes. */
export interface WeakTrial {
  readonly cuts: readonly PowerCut[];
  /** Takes the power away like that, and lets the program go on; what it did wrong. */
  readonly try: (cut: PowerCut) => Promise<SweepResult>;
  readonly remove: () => void;
}

/** Records a scenario with the real program and finds the states that a power cut may leave. */
export async function recordScenario(
  scenario: WeakScenario,
  options: { readonly program?: string; readonly mostEach: number; readonly random: () => number },
): Promise<WeakTrial> {
  const lab = createLab(options.program === undefined ? {} : { program: options.program });
  try {
    await scenario.before(lab);
    const log = path.join(lab.dir, 'log/hooks');
    const start = new Map([[lab.dir, { mode: 0o755, data: null }], ...readTree(lab.state)]);
    const heardBefore = existsSync(log) ? readFileSync(log) : Buffer.alloc(0);
    // The directory above is synced, too.
    const isOurs = (file: string) =>
      [lab.dir, log, lab.state].includes(file) || file.startsWith(`${lab.state}/`);
    const operations: Operation[] = [];
    const worlds: { readonly until: number; readonly conditions: ReadonlyMap<string, Condition> }[] = [];
    const run = async (args: readonly string[] = ['run'], { kill, ...given }: RecordedStart = {}) => {
      const trace = path.join(lab.dir, 'trace');
      const inject =
        kill === undefined ? [] : ['-e', `inject=${kill.call}:signal=KILL:when=${String(kill.when)}`];
      const ended = await lab.run(args, { ...given, strace: ['-o', trace, ...TRACE_OPTIONS, ...inject] });
      operations.push(...parseTrace(readFileSync(trace, 'latin1'), isOurs));
      worlds.push({ until: operations.length, conditions: conditionsOf(lab) });
      return ended;
    };
    await scenario.during(lab, run);
    const saved = lab.save();
    const cuts = powerCuts(
      { root: lab.dir, start, operations, log, heard: heardBefore },
      options.mostEach,
      options.random,
    );
    return {
      cuts,
      try: async (cut) => {
        lab.restore(saved);
        const world = worlds.find(({ until }) => cut.operations <= until);
        for (const [service, condition] of world?.conditions ?? []) lab.set(service, condition);
        scenario.back?.(lab);
        writeTree(lab.state, cut.tree);
        writeFileSync(log, cut.heard);
        return goOn(lab, { ...scenario, name: `${scenario.name}: ${cut.what}` });
      },
      remove: lab.remove,
    };
  } catch (error) {
    lab.remove();
    throw error;
  }
}

/** Clean runs in the world as it is, then in one where all is well; then what the hooks have heard is judged. */
export async function goOn(
  lab: Lab,
  { name, expected, crashes = 1 }: Pick<WeakScenario, 'name' | 'expected' | 'crashes'>,
): Promise<SweepResult> {
  const ended = [...(await lab.calm())];
  for (const service of lab.services) lab.set(service, 'up');
  ended.push(...(await lab.calm()));
  const isLast = (index: number) => index === ended.length - 1;
  const bad = ended.filter((end, index) => isBroken(end) || (isLast(index) && end.code !== 0));
  return resultOf({
    name,
    evidence: {
      ...{ marks: lab.marks(), expected, crashes },
      ...{ upAtEnd: lab.services, leftovers: lab.leftovers() },
    },
    other: bad.map((end) => `a clean run afterwards ended with ${tellEnd(end)}`),
  });
}

function conditionsOf(lab: Lab): ReadonlyMap<string, Condition> {
  return new Map(lab.services.map((service) => [service, lab.condition(service)]));
}

function readTree(at: string): readonly (readonly [string, Item])[] {
  if (!existsSync(at)) return [];
  const stats = lstatSync(at);
  const mode = stats.mode & 0o777;
  if (!stats.isDirectory()) return [[at, { mode, data: readFileSync(at) }]];
  return [[at, { mode, data: null }], ...readdirSync(at).flatMap((name) => readTree(path.join(at, name)))];
}

function writeTree(at: string, tree: Tree): void {
  rmSync(at, { recursive: true, force: true });
  for (const [file, { mode, data }] of tree) {
    if (file !== at && !file.startsWith(`${at}/`)) continue;
    if (data === null) mkdirSync(file, { mode });
    else writeFileSync(file, data, { mode });
  }
}
