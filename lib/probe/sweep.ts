import { readFileSync } from 'node:fs';
import pLimit, { type LimitFunction } from 'p-limit';
import { chosenAddresses } from './chosen-addresses.ts';
import { hostLimit } from './host-limits.ts';
import type { Job } from './job.ts';
import { startLagMeter } from './lag-meter.ts';
import { observe } from './observation.ts';
import { showOverload, withLost } from './overload.ts';
import { startAttempt } from './probe-address.ts';
import {
  type Probed,
  approachTo,
  outcomeOf,
  probeService,
  retryWhileDown,
  unprobed,
} from './probe-service.ts';
import type { ProbeWorld } from './probe-world.ts';
import { type Address, CannotTell, Fault, type ProbeContext } from './prober.ts';
import { resolveFor } from './resolve-for.ts';
import { createConditions } from './run-if.ts';

/** Programs that run at once: each costs a fork. */
const PROGRAMS_AT_ONCE = 16;
/** Hosts given to one run of a batching tool. */
const BATCH = 200;
const MOST_AT_ONCE = 2000;
/** Descriptors left for everything that is no probe. */
const RESERVED_DESCRIPTORS = 64;

export interface SweepOptions {
  /** probes at once; null: what the descriptor limit allows */
  readonly concurrency: number | null;
  /** probes of one host at once; null: what is usual */
  readonly per_host: number | null;
  onResult(job: Job, probed: Probed): void;
  /** its `run_if` does not hold: there will be no result */
  onPassedOver?(job: Job): void;
}

/**
 * Probes all jobs, each result reported the moment it is there. Each starts in a turn of the event loop of its own, so
 * that answers are read when they come and latencies are the servers’ own. One whose `run_if` does not hold is passed over:
 * it has no result. What this host was too busy for is reported once. Never rejects unless `onResult` throws.
 */
export async function sweep(jobs: readonly Job[], world: ProbeWorld, options: SweepOptions): Promise<void> {
  const meter = startLagMeter(() => world.monotonic());
  const since = world.monotonic();
  let spoilt = 0;
  const onResult = (job: Job, probed: Probed) => {
    if (probed.outcome.spoilt) spoilt += 1;
    options.onResult(job, probed);
  };
  try {
    await sweepMeasured(jobs, { ...world, lost_ms: meter.lost_ms }, { ...options, onResult });
  } finally {
    meter.stop();
  }
  if (spoilt > 0) world.report(showOverload(spoilt, meter.lost_ms(since)));
}

async function sweepMeasured(jobs: readonly Job[], world: ProbeWorld, options: SweepOptions): Promise<void> {
  const sockets = pLimit(options.concurrency ?? defaultConcurrency());
  const programs = pLimit(Math.min(PROGRAMS_AT_ONCE, options.concurrency ?? PROGRAMS_AT_ONCE));
  const ownTurn = createTurns();
  const { single, batches } = partition(jobs);
  const conditions = createConditions(world);
  const one = async (job: Job) => {
    const condition = await conditions(job.run_if);
    if (condition === 'fails') {
      options.onPassedOver?.(job);
      return;
    }
    await ownTurn();
    options.onResult(
      job,
      condition === 'holds' ? await probeService(job, world) : unprobed(job, condition, world),
    );
  };
  const inTurn = createHostTurns(options.per_host);
  await Promise.all([
    // One that waits for its host must not keep a place from others.
    ...single.map((job) => inTurn(job, () => (job.probe.endpoint === null ? programs : sockets)(one, job))),
    ...batches.map((batch) => programs(probeBatch, batch, world, options)),
  ]);
}

/** Lets only so many probes of one host be in flight. */
function createHostTurns(per_host: number | null): (job: Job, start: () => Promise<void>) => Promise<void> {
  const limits = new Map<string, LimitFunction>();
  return (job, start) => {
    const limit = hostLimit(job, per_host);
    if (limit === null) return start();
    const turns = limits.get(limit.host) ?? pLimit(limit.most);
    limits.set(limit.host, turns);
    return turns(start);
  };
}

function partition(jobs: readonly Job[]): { single: Job[]; batches: Job[][] } {
  const single: Job[] = [];
  const byKey = new Map<string, Job[]>();
  for (const job of jobs) {
    const { batch } = job.probe;
    const alone =
      batch === undefined || job.run_if !== null || job.service.ip === 'all' || job.service.ip === 'both';
    if (alone) single.push(job);
    else byKey.set(batchKey(job), [...(byKey.get(batchKey(job)) ?? []), job]);
  }
  const batches: Job[][] = [];
  for (const group of byKey.values()) {
    if (group.length === 1) single.push(...group);
    else for (let at = 0; at < group.length; at += BATCH) batches.push(group.slice(at, at + BATCH));
  }
  return { single, batches };
}

/** Only what is asked in the same way, from the same address and with the same patience goes together. */
function batchKey({ probe, service }: Job): string {
  return JSON.stringify([probe.batch?.key, service.ip, service.source, service.timeout_ms]);
}

interface Member {
  readonly job: Job;
  readonly address: Address;
  readonly began: number;
  readonly resolve_ms: number;
  /** of this, how long puptime stood still */
  readonly lost_ms: number;
  /** it has other addresses, which are tried when this one fails */
  readonly others: boolean;
}

async function probeBatch(jobs: readonly Job[], world: ProbeWorld, options: SweepOptions): Promise<void> {
  const joined = await Promise.all(jobs.map((job) => join(job, world)));
  const members = joined.filter((member) => member !== null);
  const alone = jobs.filter((_, index) => joined[index] === null);
  await Promise.all([
    probeTogether(members, world, options),
    // What could not be resolved is probed for itself.
    ...alone.map(async (job) => options.onResult(job, await probeService(job, world))),
  ]);
}

async function probeTogether(
  members: readonly Member[],
  world: ProbeWorld,
  options: SweepOptions,
): Promise<void> {
  // Their clocks start together, whatever each had to wait for its name.
  const attempts = members.map(({ job, address, resolve_ms }) => {
    const { deadline, stopwatch, standstill } = startAttempt(job.service.timeout_ms, world);
    stopwatch.add('resolve', resolve_ms);
    const how = { address, approach: approachTo(job), deadline, stopwatch, connectLimit_ms: null };
    return { deadline, observation: observe(how, world), standstill };
  });
  const outcomes = await runBatch(
    members,
    attempts.map(({ observation }) => observation.context),
  );
  await Promise.all(
    members.map(async ({ job, began, lost_ms, others }, index) => {
      const attempt = attempts[index];
      if (attempt === undefined) throw new Error('every member has an attempt');
      attempt.deadline.clear();
      const reading = attempt.observation.finish(outcomes[index] ?? null);
      const outcome = outcomeOf(job, reading, { began, standstill: withLost(attempt.standstill(), lost_ms) });
      const failed = outcome.status === 'down' || outcome.status === 'unknown';
      const again = others && failed && !world.signal.aborted;
      options.onResult(job, await (again ? probeService(job, world) : retryWhileDown(job, outcome, world)));
    }),
  );
}

async function runBatch(
  members: readonly Member[],
  contexts: readonly ProbeContext[],
): Promise<readonly unknown[]> {
  const run = members[0]?.job.probe.batch?.run;
  if (run === undefined) return [];
  try {
    return await run(contexts);
  } catch (error) {
    return contexts.map(() => error);
  }
}

/** Null when it has no address yet. */
async function join(job: Job, world: ProbeWorld): Promise<Member | null> {
  const { endpoint } = job.probe;
  if (endpoint === null) return null;
  const began = world.now();
  const since = world.monotonic();
  // A resolver that is slow for one must not hold up the others.
  const { deadline, standstill } = startAttempt(job.service.timeout_ms / 4, world);
  try {
    const addresses = chosenAddresses(
      job,
      await resolveFor(job.service.resolve ?? endpoint.host, endpoint.port, deadline, world),
    );
    const [address, ...others] = addresses;
    if (address === undefined) return null;
    const resolve_ms = world.monotonic() - since;
    return { job, address, began, resolve_ms, lost_ms: standstill().lost_ms, others: others.length > 0 };
  } catch (error) {
    // Probed for itself afterwards, where the same error becomes its result.
    if (error instanceof Fault || error instanceof CannotTell) return null;
    throw error;
  } finally {
    deadline.clear();
  }
}

function defaultConcurrency(): number {
  return Math.max(8, Math.min(MOST_AT_ONCE, Math.floor((descriptorLimit() - RESERVED_DESCRIPTORS) / 2)));
}

/** The soft limit of open files (Node raises it to the hard one when it starts). */
function descriptorLimit(): number {
  try {
    const line = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    return line?.[1] === undefined || line[1] === 'unlimited' ? 4096 : Number(line[1]);
  } catch {
    // No /proc: what POSIX systems give at least.
    return 256;
  }
}

/**
 * Gives each caller a turn of the event loop of its own, so that what has come meanwhile is read before the next probe
 * starts. Without it a thousand start at once, and each waits for the others while its clock runs.
 */
function createTurns(): () => Promise<void> {
  const waiting: (() => void)[] = [];
  const turn = () => {
    waiting.shift()?.();
    if (waiting.length > 0) setImmediate(turn);
  };
  return () =>
    new Promise((resolve) => {
      if (waiting.push(resolve) === 1) setImmediate(turn);
    });
}
