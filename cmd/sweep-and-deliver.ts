import { decide } from '../lib/decide/decide.ts';
import { draftResult } from '../lib/decide/draft.ts';
import { decideRemoved } from '../lib/decide/removed.ts';
import { draftRun } from '../lib/decide/run-event.ts';
import { createOutbox } from '../lib/deliver/outbox.ts';
import { jsonLine } from '../lib/report/json-line.ts';
import type { Lock } from '../lib/state/lock.ts';
import { mayBeDown, type Memory } from '../lib/state/memory.ts';
import type { QueueContent } from '../lib/state/queue.ts';
import { saveRun } from '../lib/state/run-file.ts';
import type { State } from '../lib/state/state-directory.ts';
import { removeStale } from '../lib/state/stale-files.ts';
import type { Result } from '../lib/words/result.ts';
import type { Config, Service } from '../lib/words/service.ts';
import type { Status } from '../lib/words/status.ts';
import { durationOption } from './command-line.ts';
import { openDelivery } from './delivering.ts';
import { exitCodeOf } from './exit-code.ts';
import { listenForInterruption } from './interruption.ts';
import type { Leaving } from './leaving.ts';
import type { Options } from './options.ts';
import { prepareJobs, probeJobs } from './probing.ts';
import { chooseFormat, finishOrTell, openResultsPrinter } from './results-printer.ts';
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
 * A run that has something to do. Each result is decided as it comes, a transition is on disk before its hooks start, and
 * the probe lock is released before slow hooks are waited for.
 */
export async function sweepAndDeliver(work: Work, options: Options, world: World): Promise<number> {
  const { config, due, leaving, state, lock, memory, queue } = work;
  const jobs = await prepareJobs(due, world);
  const interruption = listenForInterruption(
    durationOption(options.deadline, '--deadline') ?? config.deadline_ms,
  );
  const began = { now: world.now(), monotonic: world.monotonic() };
  const runInfo = newRun(config.hash, world);
  const time = new Date(began.now).toISOString();
  const delivery = openDelivery(config, state, interruption.hooks, options, world);
  const mode = options['no-deliver'] === true ? 'store' : 'run';
  const outbox = createOutbox({ state, memory, queue, delivery, mode, now: () => world.now() });
  const printer = await openResultsPrinter(chooseFormat(options, world, true), due.length, options, world);
  const runHooks = delivery.find({ event: 'run', service: 'puptime' });
  const statuses: Status[] = [];
  const lines: string[] = [];
  let events = 0;

  const handle = async (service: Service, result: Result) => {
    // Cut off by a signal: nothing was seen, so there is nothing to decide.
    if (interruption.exitCode() !== null && result.status === 'unknown') return;
    const before = outbox.records().get(service.name) ?? null;
    const { policy, hooks } = service;
    const decision = decide({
      result,
      before,
      mayBeDown: mayBeDown(memory, service.name),
      policy,
      hooks,
      files: config.files,
    });
    const committed = await outbox.commit(decision);
    outbox.offer(draftResult(result, before, outbox.records().get(service.name) ?? decision.record));
    const reported = { ...result, events: committed.events.map(({ event }) => event) };
    statuses.push(result.status);
    events += committed.events.length;
    if (runHooks.length > 0) lines.push(jsonLine(reported), ...committed.events.map(jsonLine));
    printer.add(reported);
  };

  const handled: Promise<void>[] = [];
  for (const { record, cause } of leaving) {
    handled.push(outbox.commit(decideRemoved({ record, cause, time, run: runInfo })).then(() => undefined));
  }
  await probeJobs(
    jobs,
    {
      run: runInfo,
      concurrency: options.concurrency ?? config.concurrency,
      per_host: config.per_host,
      signal: interruption.probes,
      onResult: (service, result) => handled.push(handle(service, result)),
    },
    world,
  );
  await Promise.all(handled);
  const written = outbox.snapshot();
  removeStale(state, world.now());
  lock.release();
  if (due.length > 0) {
    const duration_ms = world.monotonic() - began.monotonic;
    outbox.offer(
      draftRun({ run: runInfo, time, duration_ms, statuses, events, results_file: null }),
      lines.join(''),
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
  const ended = new Date(world.now()).toISOString();
  saveRunIfPossible(state, {
    id: runInfo.id,
    started: time,
    ended,
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
