import { draftResult } from '../lib/decide/draft.ts';
import { decideRemoved } from '../lib/decide/removed.ts';
import { draftRun } from '../lib/decide/run-event.ts';
import { type Decided, type Outbox, createOutbox } from '../lib/deliver/outbox.ts';
import { unacknowledged } from '../lib/deliver/outgoing.ts';
import { jsonLine } from '../lib/report/json-line.ts';
import { mayBeDown } from '../lib/state/memory.ts';
import { readSilences } from '../lib/state/silences.ts';
import { removeStale } from '../lib/state/stale-files.ts';
import { EXIT } from '../lib/words/problem.ts';
import { DEFAULT_POLICY } from '../lib/words/policy.ts';
import type { Result, RunInfo } from '../lib/words/result.ts';
import type { Status } from '../lib/words/status.ts';
import { openDelivery } from './delivering.ts';
import { exitCodeOf } from './exit-code.ts';
import { listenForInterruption } from './interruption.ts';
import { createJudge, unknownToConfig } from './judge.ts';
import { leavingRecords } from './leaving.ts';
import { NO_CONFIG } from './no-config.ts';
import type { Options } from './options.ts';
import { openOutput } from './output.ts';
import { takeProbeLock } from './probe-lock.ts';
import { quietOf } from './quiet.ts';
import { loadOwnMemory, openOwnState } from './remembered.ts';
import { readResults } from './result-lines.ts';
import { newRun } from './run-info.ts';
import { readConfigIfThere, report } from './setting.ts';
import type { World } from './world.ts';

/** Decided, and not on disk yet: they are synced together. */
const MOST_AT_ONCE = 256;

/** `puptime decide`: results (stdin) and memory to events (stdout), each committed before it is printed. */
export async function decideResults(options: Options, world: World): Promise<number> {
  const found = await readConfigIfThere(options, world);
  const config = found ?? NO_CONFIG;
  const services = new Map(config.services.map((service) => [service.name, service]));
  const state = openOwnState(options, found, world);
  const lock = await takeProbeLock(state, options, world);
  if (lock === null) return EXIT.locked;
  const interruption = listenForInterruption(null);
  const { memory, queue } = loadOwnMemory(state);
  const output = openOutput(world.stdout);
  const print = (event: object) => output.write(jsonLine(event));
  unacknowledged(state, queue.entries).forEach(print);
  const delivery = openDelivery(config, state, interruption.hooks, options, world);
  const outbox = createOutbox({ state, memory, queue, delivery, mode: 'print', now: () => world.now() });
  const keep = options['dry-run'] === true ? null : outbox;
  const run = newRun(found?.hash ?? null, world);
  const began = { time: new Date(world.now()).toISOString(), monotonic: world.monotonic() };
  const statuses: Status[] = [];
  const under = new Set<Promise<void>>();
  let told = 0;
  let refused = 0;

  const settle = async (decided: Decided, result: Result | null, gap_ms: number | null) => {
    const before = outbox.records().get(decided.record.service) ?? null;
    const events = keep === null ? decided.drafts : (await keep.commit(decided)).events;
    told += events.length;
    const after = outbox.records().get(decided.record.service) ?? decided.record;
    if (keep !== null && result !== null) print(keep.offer(draftResult(result, before, after, gap_ms)));
    events.forEach(print);
  };
  const commit = (decided: Decided, result: Result | null = null, gap_ms: number | null = null) => {
    const work = settle(decided, result, gap_ms).finally(() => under.delete(work));
    under.add(work);
    return work;
  };
  for (const { record, cause } of leavingRecords(config, memory.records)) {
    await commit(decideRemoved({ record, cause, time: began.time, run }));
  }
  const handled: Promise<void>[] = [];
  const canaries = new Set(config.canaries.map(({ name }) => name));
  const judge = createJudge({
    config,
    // A stream may still bring any of them.
    isExpected: (name) => canaries.has(name) || services.has(name),
    records: outbox.records,
    mayBeDown: (name) => mayBeDown(memory, name),
    tellsFlapping: ({ name, hooks }) => delivery.find({ event: 'flapping', service: name }, hooks).length > 0,
    quiet: await quietOf(config.services, readSilences(state), world),
    run,
    time: began.time,
    onIsolation: (decision) => handled.push(commit(decision)),
  });
  /** one after the other, where the stream has several of a service */
  const last = new Map<string, Promise<void>>();
  const handle = async (seen: Result) => {
    await last.get(seen.service);
    const service = services.get(seen.service) ?? unknownToConfig(seen.service, DEFAULT_POLICY);
    const { result, decision, gap_ms } = await judge.judge(service, seen);
    statuses.push(result.status);
    await commit(decision, result, gap_ms);
  };
  for await (const { result, text } of readResults(world, interruption.probes)) {
    if (result === null) {
      refused += 1;
      report(world, text);
      continue;
    }
    if (canaries.has(result.service)) {
      judge.hear(result);
      continue;
    }
    const work = handle(result);
    last.set(result.service, work);
    handled.push(work);
    if (under.size >= MOST_AT_ONCE) await Promise.race(under);
  }
  judge.end();
  await Promise.all(handled);
  const written = keep === null || keep.snapshot();
  if (keep !== null) removeStale(state, world.now());
  lock.release();
  if (keep !== null && statuses.length > 0) {
    const duration_ms = world.monotonic() - began.monotonic;
    print(endOf(keep, { run, time: began.time, duration_ms, statuses, events: told }));
  }
  await output.finish();
  const { unwritten } = delivery.tally;
  interruption.end();
  const account = { refused: 0, unwritten: unwritten + (written ? 0 : 1) + refused, failed: 0, status: null };
  return exitCodeOf(account, interruption);
}

/** The event for on_run: whoever delivers it has the results, and makes the file of them. */
function endOf(
  outbox: Outbox,
  ended: {
    readonly run: RunInfo;
    readonly time: string;
    readonly duration_ms: number;
    readonly statuses: readonly Status[];
    readonly events: number;
  },
) {
  return outbox.offer(draftRun({ ...ended, results_file: null }));
}
