import { instantiate } from '../lib/config/instantiate.ts';
import type { ProbeWorld } from '../lib/probe/probe-world.ts';
import { resultOf } from '../lib/probe/result-of.ts';
import { sweep } from '../lib/probe/sweep.ts';
import { createResolver } from '../lib/probe/wire/resolver.ts';
import type { Result, RunInfo } from '../lib/words/result.ts';
import type { Service } from '../lib/words/service.ts';
import type { World } from './world.ts';

export interface Probing {
  readonly run: RunInfo;
  readonly concurrency: number | null;
  readonly signal: AbortSignal;
  onResult(service: Service, result: Result): void;
}

/** Puts the secrets in and probes: each result is reported the moment it is there. Throws UserError 78 before anything is probed. */
export async function probeServices(
  services: readonly Service[],
  probing: Probing,
  world: World,
): Promise<void> {
  const jobs = [];
  for (const service of services) jobs.push(await instantiate(service, world));
  const resolver = createResolver();
  const probeWorld: ProbeWorld = {
    env: world.env,
    now: () => world.now(),
    monotonic: () => world.monotonic(),
    resolver,
    signal: probing.signal,
  };
  try {
    await sweep(jobs, probeWorld, {
      concurrency: probing.concurrency,
      onResult: (job, probed) => probing.onResult(job.service, resultOf(job, probed, probing.run)),
    });
  } finally {
    resolver.cancel();
  }
}
