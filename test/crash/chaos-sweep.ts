import { existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { PROGRAM } from '../cmd/program.ts';
import { isBroken, tellEnd } from './bench.ts';
import { expectedOf, type Fate, HOOK_BODIES, type PlannedRun, planRound, type Round } from './chaos-plan.ts';
import { CAN_MOUNT, type Disk, fullDisk, READ_ONLY } from './disks.ts';
import { createLab, type Lab } from './lab.ts';
import { overlayOf, processesOf } from './leftovers.ts';
import type { Ended } from './program-run.ts';
import { ageState } from './state-age.ts';
import { inParallel, randomOf, resultOf, type SweepOptions, type SweepResult } from './sweep.ts';

/** A world of its own, with so many rounds, chosen by the seed. */
interface Soak {
  readonly seed: number;
  readonly rounds: number;
}

const ALL_ROUNDS = 200;
const ROUNDS_OF_A_WORLD = 25;

/**
 * Random worlds: services that go down, come up, leave and come back, hooks that fail, hang, are slow or kill their
 * runner, runs several at a time, killed at any instant, a config that is broken and a disk that is full for a while.
 * Then calm, and the oracle over all of it. Its points are rounds. What fails names its seed: SEED=… begins with it.
 */
export async function chaosSweep(options: SweepOptions): Promise<SweepResult> {
  const { sample, parallel = 1, program = PROGRAM } = options;
  const seed = sample?.seed ?? Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  const rounds = sample?.count ?? ALL_ROUNDS;
  options.tell?.(`SEED=${seed}`);
  const worlds = Math.ceil(rounds / ROUNDS_OF_A_WORLD);
  const soaks = Array.from({ length: worlds }, (_, index) => ({
    seed: seed + index,
    rounds: Math.min(ROUNDS_OF_A_WORLD, rounds - index * ROUNDS_OF_A_WORLD),
  }));
  const worker = (soak: Soak) => soakWorld(soak, program);
  return inParallel(
    soaks,
    Array.from({ length: parallel }, () => worker),
    options.progress,
  );
}

const SERVICES = ['a', 'b', 'c', 'd', 'e'];
const HOURS_3 = 3 * 3_600_000;
const LIMIT = '1500ms';
/** A loaded machine is no fault. */
const PATIENCE_MS = 120_000;

async function soakWorld({ seed, rounds }: Soak, program: string): Promise<SweepResult> {
  const lab = createLab({ program, services: SERVICES });
  const mount = CAN_MOUNT ? fullDisk() : null;
  const random = randomOf(seed);
  const lived: Round[] = [];
  const certain: boolean[] = [];
  const other: string[] = [];
  let crashes = 0;
  let spoilt: Disk | null = null;
  const mend = () => {
    spoilt?.mend(lab);
    spoilt = null;
  };
  mount?.open(lab);
  try {
    lab.config({ hooks: { timeout: LIMIT } });
    for (let index = 0; index < rounds; index += 1) {
      const round = index === 0 ? QUIET_ROUND : planRound(SERVICES, lived.at(-1)?.fates ?? {}, random);
      mend();
      if (round.aged) lab.age(HOURS_3);
      setWorld(lab, round);
      if (mount !== null && round.disk !== 'fine') {
        spoilt = round.disk === 'full' ? mount : READ_ONLY;
        spoilt.spoil(lab);
        if (round.aged) ageState([overlayOf(lab.state)], HOURS_3);
      }
      const { ends, killedHooks } = await live(lab, round);
      lived.push(round);
      certain.push(ends.some((end, number) => hasLooked(end, round.runs[number])));
      crashes += killedHooks + ends.filter(({ signal }) => signal === 'SIGKILL').length + overTime(ends);
      const broken = ends.filter((end) => end.signal !== 'SIGKILL' && isBroken(end));
      other.push(...broken.map((end) => `round ${index}: ended with ${tellEnd(end)}`));
    }
    mend();
    setWorld(lab, QUIET_ROUND);
    lab.config({ hooks: { timeout: '60s' } });
    const calm = await lab.calm({ most: 10 });
    const last = calm.at(-1);
    if (last?.code !== 0) other.push(`a clean run afterwards ended with ${last && tellEnd(last)}`);
    if (existsSync(overlayOf(lab.state))) other.push('the overlay is still there');
    const sightsOf = (service: string) => [
      ...lived.map(({ fates }, index) => ({
        fate: fates[service] ?? 'up',
        certain: certain[index] ?? false,
      })),
      { fate: 'up' as Fate, certain: true },
    ];
    const result = resultOf({
      name: `SEED=${seed}, ${rounds} rounds`,
      evidence: {
        marks: lab.marks(),
        expected: SERVICES.flatMap((service) => expectedOf(service, sightsOf(service))),
        crashes,
        upAtEnd: SERVICES,
        leftovers: lab.leftovers(),
      },
      other,
    });
    return { ...result, points: rounds };
  } finally {
    mend();
    mount?.close(lab);
    lab.remove();
    rmSync(overlayOf(lab.state), { recursive: true, force: true });
  }
}

/** Nothing happens; all that is there is seen. */
const QUIET_ROUND: Round = {
  fates: Object.fromEntries(SERVICES.map((service) => [service, 'up'])),
  config: 'whole',
  disk: 'fine',
  hooks: 'fine',
  aged: false,
  runs: [{ args: ['run'], delay_ms: 0, kill_ms: null }],
  killHooks_ms: null,
};

function setWorld(lab: Lab, { fates, config, hooks }: Round): void {
  for (const service of SERVICES) lab.set(service, fates[service] === 'down' ? 'down' : 'up');
  const present = SERVICES.filter((service) => fates[service] !== 'gone');
  lab.config({ services: present, hooks: { timeout: LIMIT } });
  if (config === 'broken') writeFileSync(path.join(lab.dir, 'puptime.yaml'), 'services: [{name: ');
  for (const event of ['down', 'up']) lab.hook(event, HOOK_BODIES[hooks]);
}

/** Until all its runs have ended; hooks of killed ones may still run. */
async function live(
  lab: Lab,
  { runs, killHooks_ms }: Round,
): Promise<{ readonly ends: readonly Ended[]; readonly killedHooks: number }> {
  let killedHooks = 0;
  const timer = setTimeout(() => (killedHooks = killHooks(lab)), killHooks_ms ?? 0);
  if (killHooks_ms === null) clearTimeout(timer);
  const ends = await Promise.all(runs.map((run) => runOnce(lab, run)));
  clearTimeout(timer);
  return { ends, killedHooks };
}

async function runOnce(lab: Lab, { args, delay_ms, kill_ms }: PlannedRun): Promise<Ended> {
  await pause(delay_ms);
  let timer: NodeJS.Timeout | undefined;
  const started = (pid: number) => {
    if (kill_ms !== null) timer = setTimeout(() => kill(pid), kill_ms);
  };
  const ended = await lab.run(args, { started, patience_ms: PATIENCE_MS });
  clearTimeout(timer);
  return ended;
}

function killHooks(lab: Lab): number {
  const hooks = processesOf(lab.dir).filter(({ command }) => command.includes(`${lab.hooks}/on_`));
  for (const { pid } of hooks) kill(pid);
  return hooks.length;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It has ended meanwhile.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** True when this run has seen and decided everything. */
function hasLooked({ signal, code, hung }: Ended, run: PlannedRun | undefined): boolean {
  return run?.args[0] === 'run' && signal === null && !hung && (code === 0 || code === 1 || code === 74);
}

/** Hooks that were ended for their time limit: they have begun, and are tried again. */
function overTime(ends: readonly Ended[]): number {
  return ends.reduce((sum, { stderr }) => sum + stderr.split('ended after its time limit').length - 1, 0);
}
