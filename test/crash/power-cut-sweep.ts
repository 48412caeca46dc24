import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

import { type Bench, conclude, disturb, isBroken, tellEnd } from './bench.ts';
import { createLab } from './lab.ts';
import { endStrays } from './leftovers.ts';
import { createLoopDisk, type LoopDisk, whyNoLoopDisk } from './loop-disk.ts';
import type { Ended } from './program-run.ts';
import type { Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';
import { type Call, injectionOptions, type Recording, recordCalls, tellCall } from './strace.ts';
import { randomOf, sampleOf, skippedSweep, sumOf, type SweepOptions, type SweepResult } from './sweep.ts';

/** A bench whose state directory is a disk of its own. */
interface DiskBench extends Bench {
  readonly disk: LoopDisk;
  readonly recording: Recording;
  /** of the run that is to be disturbed, when nothing disturbs it */
  readonly duration_ms: number;
}

/** When the power goes, and what its going leaves. */
interface Outage {
  readonly instant:
    { readonly kind: 'at'; readonly call: Call } | { readonly kind: 'after'; readonly share: number };
  readonly how: 'lose' | 'flush';
}

/** Those in which something is written. */
const NAMES: ReadonlySet<string> = new Set([
  ...['first run', 'steady', 'down', 'up', 'down, and up again at once', 'up, and down again at once'],
  ...['several at once', 'given up', 'removed while down', 'run --no-deliver', 'deliver'],
]);
/** Of each scenario, at instants of chance. */
const AT_RANDOM = 6;

/**
 * A real power cut: the state directory is an ext4 of its own that is shut down, without or with its journal, while the
 * program is killed before a call, or at an instant of chance. Then the disk is mounted again, clean runs, the oracle. Skipped
 * where no loop disk may be mounted.
 */
export async function powerCutSweep(options: SweepOptions): Promise<SweepResult> {
  const { sample, progress } = options;
  const why = whyNoLoopDisk();
  if (why !== null) return skippedSweep(why);
  const all = SCENARIOS.filter(({ name }) => NAMES.has(name));
  const scenarios = sampleOf(
    all,
    sample === undefined ? undefined : { ...sample, count: Math.ceil(sample.count / 4) },
  );
  const results: SweepResult[] = [];
  const waiting = [...scenarios];
  let done = 0;
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      results.push(await cutScenario(next, scenarios.length, options));
      done += 1;
      progress?.(done, scenarios.length);
    }
  };
  await Promise.all(Array.from({ length: options.parallel ?? 1 }, work));
  return sumOf(results);
}

async function cutScenario(
  scenario: Scenario,
  among: number,
  { program, sample }: SweepOptions,
): Promise<SweepResult> {
  const bench = await openDiskBench(scenario, program);
  try {
    const outages = outagesOf(bench.recording, sample?.seed ?? 1);
    const share = sample === undefined ? undefined : { ...sample, count: Math.ceil(sample.count / among) };
    const results: SweepResult[] = [];
    for (const outage of sampleOf(outages, share)) results.push(await cutAt(bench, outage));
    return sumOf(results);
  } finally {
    bench.disk.remove();
    bench.lab.remove();
  }
}

function outagesOf({ calls }: Recording, seed: number): readonly Outage[] {
  const random = randomOf(seed);
  const how = () => (random() < 0.75 ? 'lose' : 'flush');
  // Before what changes the disk, or lets a hook go: with the power, all else is gone in any case.
  const effects = calls.filter(({ isEffect, where }) => isEffect && !where.startsWith('run/'));
  return [
    ...effects.map((call): Outage => ({ instant: { kind: 'at', call }, how: how() })),
    ...Array.from({ length: AT_RANDOM }, (): Outage => ({
      instant: { kind: 'after', share: random() },
      how: how(),
    })),
  ];
}

async function openDiskBench(scenario: Scenario, program: string | undefined): Promise<DiskBench> {
  const { services } = scenario;
  const lab = createLab({
    ...(program === undefined ? {} : { program }),
    ...(services === undefined ? {} : { services }),
  });
  let disk: LoopDisk | undefined;
  try {
    mkdirSync(lab.state, { mode: 0o700 });
    disk = createLoopDisk(path.join(lab.dir, 'disk'), lab.state);
    await scenario.prepare?.(lab);
    disk.keep();
    const bench = { scenario, lab, before: lab.save() };
    const began = performance.now();
    const recording = await recordCalls(lab, (start) => disturb(bench, start));
    return { ...bench, disk, recording, duration_ms: performance.now() - began };
  } catch (error) {
    disk?.remove();
    lab.remove();
    throw error;
  }
}

async function cutAt(bench: DiskBench, { instant, how }: Outage): Promise<SweepResult> {
  const { lab, disk, recording } = bench;
  lab.restore(bench.before, 'state');
  disk.reset();
  const ended = await (instant.kind === 'at'
    ? disturb(bench, {
        strace: injectionOptions(lab, recording.paths, { call: instant.call, what: 'signal=KILL' }),
      })
    : killAfter(bench, instant.share * bench.duration_ms));
  disk.cut(how);
  // What lies in memory is gone with the power, and hooks with it.
  endStrays(lab.dir);
  for (const name of readdirSync(lab.runtime)) rmSync(path.join(lab.runtime, name), { recursive: true });
  disk.restart();
  const when =
    instant.kind === 'at'
      ? tellCall(instant.call)
      : `${String(Math.round(instant.share * 100))} % of its run`;
  const other = ended.signal !== 'SIGKILL' && isBroken(ended) ? [`ended with ${tellEnd(ended)}`] : [];
  return conclude(bench, { name: `power cut at ${when} (${how} the journal)`, crashes: 1, other });
}

async function killAfter(bench: DiskBench, after_ms: number): Promise<Ended> {
  let timer: NodeJS.Timeout | undefined;
  const started = (pid: number) => {
    timer = setTimeout(() => killIfThere(pid), after_ms);
  };
  return disturb(bench, { started }).finally(() => {
    clearTimeout(timer);
  });
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It has ended by itself.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
