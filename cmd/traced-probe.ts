import type { Job } from '../lib/probe/job.ts';
import { type Probed, probeService } from '../lib/probe/probe-service.ts';
import type { ProbeWorld } from '../lib/probe/probe-world.ts';
import { type Condition, createConditions } from '../lib/probe/run-if.ts';
import { createResolver } from '../lib/probe/wire/resolver.ts';
import type { Trace } from '../lib/probe/wire/trace.ts';
import { report } from './setting.ts';
import type { World } from './world.ts';

export interface TracedProbe {
  readonly probed: Probed;
  /** of `run_if`, whatever it says: it is probed all the same */
  readonly condition: Condition;
}

/** Probes one service, telling of everything that is said. */
export async function probeTraced(
  job: Job,
  { trace, signal }: { readonly trace: Trace; readonly signal: AbortSignal },
  world: World,
): Promise<TracedProbe> {
  const resolver = createResolver();
  const probeWorld: ProbeWorld = {
    env: world.env,
    now: () => world.now(),
    monotonic: () => world.monotonic(),
    resolver,
    signal,
    report: (line) => report(world, line),
    trace,
  };
  try {
    const condition = await createConditions(probeWorld)(job.run_if);
    return { probed: await probeService(job, probeWorld), condition };
  } finally {
    resolver.cancel();
  }
}
