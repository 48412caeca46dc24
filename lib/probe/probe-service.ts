import type { AddressTried, Attempt } from '../words/result.ts';
import { worstStatus } from '../words/status.ts';
import { chosenAddresses } from './chosen-addresses.ts';
import type { Approach } from './observation.ts';
import type { Job } from './job.ts';
import { NO_STANDSTILL, type Standstill, withLost } from './overload.ts';
import { probeAddress, startAttempt } from './probe-address.ts';
import type { ProbeWorld } from './probe-world.ts';
import { type Address, CannotTell, Fault } from './prober.ts';
import type { Reading } from './reading.ts';
import { resolveFor } from './resolve-for.ts';
import { resolvesNames } from './wire/proxy.ts';
import { type Verdict, giveVerdict, tried } from './verdict.ts';
import { type Watched, watchedOf } from './watched.ts';

/** One attempt: the address that decides, and all that were tried. */
export interface Outcome extends Verdict {
  /** wall clock when it began, ms since 1970 */
  readonly began: number;
  readonly addresses: readonly AddressTried[];
}

/** All attempts of one service: the last one counts. */
export interface Probed {
  readonly outcome: Outcome;
  readonly attempts: readonly Attempt[];
  /** when the first attempt began, ms since 1970 */
  readonly started: number;
  /** null when nothing is watched, and when it saw nothing good */
  readonly watched: Watched | null;
}

/** Probes a service with its retries: what is down, or spoilt by this host’s overload, is tried again. Never rejects. */
export async function probeService(job: Job, world: ProbeWorld): Promise<Probed> {
  return retryWhileDown(job, await attempt(job, world), world);
}

/** The attempts after a first one that somebody else made (a batch, say). */
export async function retryWhileDown(job: Job, first: Outcome, world: ProbeWorld): Promise<Probed> {
  const outcomes = [first];
  let last = first;
  const isInDoubt = () => last.status === 'down' || last.spoilt;
  while (isInDoubt() && outcomes.length <= job.service.retries && !world.signal.aborted) {
    if (!(await paused(job.service.retry_delay_ms, world.signal))) break;
    last = await attempt(job, world);
    outcomes.push(last);
  }
  const { reading, status } = last;
  const hasSeen = !reading.incomplete && (status === 'up' || status === 'degraded');
  const watched = hasSeen ? await watchedOf(job, reading.facts, world) : null;
  return { outcome: last, attempts: outcomes.map(asAttempt), started: first.began, watched };
}

/** A service that puptime could not even try to probe. */
export function unprobed(job: Job, error: CannotTell, world: Pick<ProbeWorld, 'now'>): Probed {
  const began = world.now();
  const outcome = outcomeOf(job, unresolved(error, NO_TIME), { began, standstill: NO_STANDSTILL });
  return { outcome, attempts: [asAttempt(outcome)], started: began, watched: null };
}

/** Takes the place of an outcome when there is nothing to probe one address for. */
export function outcomeOf(
  job: Job,
  reading: Reading,
  { began, standstill }: { readonly began: number; readonly standstill: Standstill },
): Outcome {
  const verdict = giveVerdict(job, reading, standstill);
  return { ...verdict, began, addresses: reading.address === null ? [] : [tried(verdict)] };
}

async function attempt(job: Job, world: ProbeWorld): Promise<Outcome> {
  const began = world.now();
  const { deadline, stopwatch, standstill } = startAttempt(job.service.timeout_ms, world);
  const approach = approachTo(job);
  const { endpoint } = job.probe;
  try {
    if (endpoint === null || resolvesNames(job.proxy)) {
      const how = { address: null, approach, deadline, stopwatch, connectLimit_ms: null };
      const reading = await probeAddress(job.probe, how, world);
      return outcomeOf(job, reading, { began, standstill: standstill() });
    }
    let addresses: readonly Address[];
    try {
      addresses = chosenAddresses(
        job,
        await resolveFor(job.service.resolve ?? endpoint.host, endpoint.port, deadline, world),
      );
    } catch (error) {
      return outcomeOf(job, unresolved(error, stopwatch.read()), { began, standstill: standstill() });
    }
    if (job.service.ip === 'both' || job.service.ip === 'all')
      return await probeEach(
        job,
        addresses,
        { began, resolve_ms: stopwatch.read().duration_ms, resolve_lost_ms: standstill().lost_ms },
        world,
      );

    const passed: AddressTried[] = [];
    for (const [index, address] of addresses.entries()) {
      const left = addresses.length - index;
      const connectLimit_ms = left === 1 ? null : deadline.remaining_ms() / left;
      const how = { address, approach, deadline, stopwatch, connectLimit_ms };
      const reading = await probeAddress(job.probe, how, world);
      const verdict = giveVerdict(job, reading, standstill());
      if (left === 1 || connected(verdict) || deadline.signal.aborted)
        return { ...verdict, began, addresses: [...passed, tried(verdict)] };
      passed.push(tried(verdict));
    }
    throw new Error('a name that was resolved has at least one address');
  } finally {
    deadline.clear();
  }
}

/** The same for all addresses of a service. */
export function approachTo(job: Job): Approach {
  const { timeout_ms, source, tls, resolve } = job.service;
  const { endpoint } = job.probe;
  return {
    host: endpoint?.host ?? job.target ?? job.service.name,
    timeout_ms,
    source,
    tls,
    proxy: job.proxy,
    destination: endpoint === null ? null : { host: resolve ?? endpoint.host, port: endpoint.port },
    conceal: (secret) => job.conceal(secret),
  };
}

/** Every address for itself, at the same time; the worst one decides. */
async function probeEach(
  job: Job,
  addresses: readonly Address[],
  {
    began,
    resolve_ms,
    resolve_lost_ms,
  }: { readonly began: number; readonly resolve_ms: number; readonly resolve_lost_ms: number },
  world: ProbeWorld,
): Promise<Outcome> {
  const verdicts = await Promise.all(
    addresses.map(async (address) => {
      const { deadline, stopwatch, standstill } = startAttempt(job.service.timeout_ms, world);
      stopwatch.add('resolve', resolve_ms);
      const how = { address, approach: approachTo(job), deadline, stopwatch, connectLimit_ms: null };
      const reading = await probeAddress(job.probe, how, world);
      const verdict = giveVerdict(job, reading, withLost(standstill(), resolve_lost_ms));
      deadline.clear();
      return verdict;
    }),
  );
  const status = worstStatus(verdicts.map((verdict) => verdict.status));
  const deciding = verdicts.find((verdict) => verdict.status === status) ?? verdicts[0];
  if (!deciding) throw new Error('a name that was resolved has at least one address');
  const reasons = verdicts.flatMap(({ reading, reasons: of }) =>
    of.map((reason) =>
      verdicts.length === 1 ? reason : { ...reason, text: `${reading.address?.ip ?? ''}: ${reason.text}` },
    ),
  );
  const ordered = [
    ...reasons.filter((reason) => reason.status === status),
    ...reasons.filter((reason) => reason.status !== status),
  ];
  return { ...deciding, reasons: ordered, began, addresses: verdicts.map(tried) };
}

/** Whether the verdict is about the service and not about the way to one of its addresses. */
function connected({ reading }: Verdict): boolean {
  if (reading.cannotTell !== null) return reading.cannotTell.code === 'internal';
  return reading.findings[0]?.phase !== 'connect';
}

/** Of a probe that never began. */
const NO_TIME = {
  timings: { resolve_ms: null, connect_ms: null, tls_ms: null, first_byte_ms: null, transfer_ms: null },
  duration_ms: 0,
} as const;

function unresolved(
  error: unknown,
  time: ReturnType<ReturnType<typeof startAttempt>['stopwatch']['read']>,
): Reading {
  const base = { address: null, facts: {}, incomplete: true, metrics: {}, output: null, ...time };
  if (error instanceof Fault) return { ...base, findings: [error.finding], cannotTell: null };
  if (error instanceof CannotTell)
    return { ...base, findings: [], cannotTell: { code: error.code, text: error.message } };
  return {
    ...base,
    findings: [],
    cannotTell: { code: 'internal', text: error instanceof Error ? error.message : String(error) },
  };
}

function asAttempt(outcome: Outcome): Attempt {
  return {
    time: new Date(outcome.began).toISOString(),
    status: outcome.status,
    reason: outcome.reasons[0] ?? null,
    duration_ms: outcome.reading.duration_ms,
  };
}

/** False when the run ended meanwhile. */
async function paused(ms: number, signal: AbortSignal): Promise<boolean> {
  await new Promise<void>((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener('abort', finish, { once: true });
  });
  return !signal.aborted;
}
