import { draftResult } from '../lib/decide/draft.ts';
import { decideRemoved } from '../lib/decide/removed.ts';
import { draftRun } from '../lib/decide/run-event.ts';
import { createOutbox, type Decided } from '../lib/deliver/outbox.ts';
import type { Lock } from '../lib/state/lock.ts';
import { mayBeDown, type Memory } from '../lib/state/memory.ts';
import type { QueueContent } from '../lib/state/queue.ts';
import { saveRun } from '../lib/state/run-file.ts';
import { readSilences, removeEndedSilences } from '../lib/state/silences.ts';
import type { State } from '../lib/state/state-directory.ts';
import { removeStale } from '../lib/state/stale-files.ts';
import type { Result } from '../lib/words/result.ts';
import type { Config, Service } from '../lib/words/service.ts';
import { durationOption } from './command-line.ts';
import { openDelivery } from './delivering.ts';
import { exitCodeOf } from './exit-code.ts';
import { listenForInterruption } from './interruption.ts';
import { createJudge } from './judge.ts';
import type { Leaving } from './leaving.ts';
import type { Options } from './options.ts';
import { prepareJobs, probeJobs } from './probing.ts';
import { chooseFormat, finishOrTell, openResultsPrinter } from './results-printer.ts';
import { quietOf } from './quiet.ts';
import { createRunAccount } from './run-account.ts';
import { statusOf } from './run.ts';
import { newRun } from './run-info.ts';
import type { World } from './world.ts';

export interface Work {
  readonly config: Config;
  /** what names and selectors chose, due or not */
  readonly selected: readonly Service[];
  readonly due: readonly Service[];
  readonly leaving: readonly Leaving[];
  readonly state: State;
  /** the probe lock */
  readonly lock: Lock;
  readonly memory: Memory;
  readonly queue: QueueContent;
}

/**
 * A run that has something to do. Each result is decided in its turn, a transition is on disk before its hooks start, and
 * the probe lock is released before slow hooks are waited for.
 */
export async function sweepAndDeliver(work: Work, options: Options, world: World): Promise<number> {
  const { config, due, leaving, state, lock, memory, queue } = work;
  const canaries = due.length > 0 ? config.canaries : [];
  const jobs = await prepareJobs([...canaries, ...due], world);
  const interruption = listenForInterruption(
    durationOption(options.deadline, '--deadline') ?? config.deadline_ms,
  );
  const began = { now: world.now(), monotonic: world.monotonic() };
  const run = newRun(config.hash, world);
  const time = new Date(began.now).toISOString();
  const delivery = openDelivery(config, state, interruption.hooks, options, world);
  const mode = options['no-deliver'] === true ? 'store' : 'run';
  const outbox = createOutbox({ state, memory, queue, delivery, mode, now: () => world.now() });
  const printer = await openResultsPrinter(chooseFormat(options, world, true), due.length, options, world);
  const account = createRunAccount(delivery.find({ event: 'run', service: 'puptime' }).length > 0);
  const silences = readSilences(state);
  const commit = async (decided: Decided) => account.told((await outbox.commit(decided)).events);
  const handled: Promise<void>[] = leaving.map(({ record, cause }) =>
    commit(decideRemoved({ record, cause, time, run })),
  );
  const probed = new Set(jobs.map(({ service }) => service.name));
  const judge = createJudge({
    config,
    isExpected: (name) => probed.has(name),
    records: outbox.records,
    mayBeDown: (name) => mayBeDown(memory, name),
    tellsFlapping: ({ name, hooks }) => delivery.find({ event: 'flapping', service: name }, hooks).length > 0,
    quiet: await quietOf(due, silences, world),
    run,
    time,
    onIsolation: (decision) => handled.push(commit(decision)),
  });

  const handle = async (service: Service, seen: Result) => {
    // Cut off by a signal: nothing was seen, so there is nothing to decide.
    if (interruption.exitCode() !== null && seen.status === 'unknown') {
      judge.pass(service.name);
      return;
    }
    const { result, before, decision, gap_ms } = await judge.judge(service, seen);
    const { events } = await outbox.commit(decision);
    const after = outbox.records().get(service.name) ?? decision.record;
    outbox.offer(draftResult(result, before, after, gap_ms));
    const reported = { ...result, events: events.map(({ event }) => event) };
    account.probed(reported, events);
    printer.add(reported);
  };
  await probeJobs(
    jobs,
    {
      run,
      concurrency: options.concurrency ?? config.concurrency,
      per_host: config.per_host,
      signal: interruption.probes,
      onPassedOver: ({ name }) => judge.pass(name),
      onResult: (service, result) =>
        canaries.includes(service) ? judge.hear(result) : handled.push(handle(service, result)),
    },
    world,
  );
  judge.end();
  await Promise.all(handled);
  const written = outbox.snapshot();
  delivery.tally.attempt(() => removeEndedSilences(state, silences, began.now));
  removeStale(state, world.now());
  lock.release();
  if (due.length > 0) {
    const duration_ms = world.monotonic() - began.monotonic;
    outbox.offer(
      draftRun({ run, time, duration_ms, ...account.summary(), results_file: null }),
      account.lines(),
    );
  }
  const unprinted = await finishOrTell(printer, world);
  const counts = await outbox.drain();
  interruption.end();
  const status = options['exit-status'] === true ? statusOf(work.selected, outbox.records()) : null;
  const exit_code = exitCodeOf(
    { ...counts, unwritten: counts.unwritten + (written ? 0 : 1) + unprinted, status },
    interruption,
  );
  const { statuses, events } = account.summary();
  saveRunIfPossible(state, {
    id: run.id,
    started: time,
    ended: new Date(world.now()).toISOString(),
    exit_code,
    counts: { services: statuses.length, events, ...counts },
  });
  return exit_code;
}

function saveRunIfPossible(state: State, run: Parameters<typeof saveRun>[1]): void {
  try {
    saveRun(state, run);
  } catch (error) {
    // What could not be written was told already; this file is for `status --max-age` alone.
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}
