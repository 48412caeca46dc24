import { instantiate } from '../lib/config/instantiate.ts';
import { createSecretKeeper } from '../lib/config/redactor.ts';
import type { Job } from '../lib/probe/job.ts';
import type { ProbeWorld } from '../lib/probe/probe-world.ts';
import { resultOf } from '../lib/probe/result-of.ts';
import { sweep } from '../lib/probe/sweep.ts';
import { createResolver } from '../lib/probe/wire/resolver.ts';
import type { Result, RunInfo } from '../lib/words/result.ts';
import type { Service } from '../lib/words/service.ts';
import { report } from './setting.ts';
import type { World } from './world.ts';

export interface Probing {
  readonly run: RunInfo;
  readonly concurrency: number | null;
  readonly per_host: number | null;
  readonly signal: AbortSignal;
  onResult(service: Service, result: Result): void;
  /** its `run_if` does not hold: there will be no result */
  onPassedOver?(service: Service): void;
}

/** Puts the secrets in. Throws UserError 78 when one is missing: before anything is probed. */
export async function prepareJobs(services: readonly Service[], world: World): Promise<readonly Job[]> {
  const jobs = [];
  const keeper = createSecretKeeper();
  for (const service of services) jobs.push(await instantiate(service, world, keeper));
  return jobs;
}

/** Probes: each result is reported the moment it is there. */
export async function probeJobs(jobs: readonly Job[], probing: Probing, world: World): Promise<void> {
  const resolver = createResolver();
  const probeWorld: ProbeWorld = {
    env: world.env,
    now: () => world.now(),
    monotonic: () => world.monotonic(),
    resolver,
    signal: probing.signal,
    report: (line) => report(world, line),
  };
  try {
    await sweep(jobs, probeWorld, {
      concurrency: probing.concurrency,
      per_host: probing.per_host,
      onPassedOver: ({ service }) => probing.onPassedOver?.(service),
      onResult: (job, probed) => probing.onResult(job.service, resultOf(job, probed, probing.run)),
    });
  } finally {
    resolver.cancel();
  }
}
