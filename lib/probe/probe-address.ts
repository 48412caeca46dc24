import { type Deadline, startDeadline } from './deadline.ts';
import { type AddressProbe, observe } from './observation.ts';
import type { Standstill } from './overload.ts';
import type { ProbeWorld } from './probe-world.ts';
import type { Probe } from './prober.ts';
import type { Reading } from './reading.ts';
import { type Stopwatch, startStopwatch } from './wire/stopwatch.ts';

/** Probes one address, once. Never rejects: whatever happens is in the reading. */
export async function probeAddress(probe: Probe, how: AddressProbe, world: ProbeWorld): Promise<Reading> {
  const observation = observe(how, world);
  try {
    await probe.run(observation.context);
    return observation.finish(null);
  } catch (error) {
    return observation.finish(error);
  }
}

/** Starts the clock of one attempt. */
export function startAttempt(
  timeout_ms: number,
  world: ProbeWorld,
): { deadline: Deadline; stopwatch: Stopwatch; standstill: () => Standstill } {
  const now = () => world.monotonic();
  const since = now();
  const lost_ms = () => world.lost_ms?.(since) ?? 0;
  const deadline = startDeadline(timeout_ms, world.signal, now, lost_ms);
  return {
    deadline,
    stopwatch: startStopwatch('resolve', now),
    standstill: () => ({ lost_ms: lost_ms(), granted_ms: deadline.granted_ms() }),
  };
}
