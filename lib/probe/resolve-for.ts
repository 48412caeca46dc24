import { isIP } from 'node:net';
import type { Deadline } from './deadline.ts';
import type { ProbeWorld } from './probe-world.ts';
import { type Address, CannotTell } from './prober.ts';

/** Addresses of a name for one attempt; a resolver that says nothing until the deadline is silent. */
export async function resolveFor(
  host: string,
  port: number,
  deadline: Deadline,
  world: ProbeWorld,
): Promise<Address[]> {
  const family = isIP(host);
  if (family === 4 || family === 6) return [{ ip: host, family, port }];
  const silent = new Promise<never>((_, reject) => {
    const onAbort = () =>
      reject(
        world.signal.aborted
          ? deadline.explain('resolve', host)
          : new CannotTell(
              'resolver_silent',
              `this host’s resolver did not answer for ${host} in time: check /etc/resolv.conf`,
            ),
      );
    deadline.signal.addEventListener('abort', onAbort, { once: true });
    if (deadline.signal.aborted) onAbort();
  });
  const names = await Promise.race([world.resolver.resolve(host), silent]);
  world.trace?.({ kind: 'resolved', host, addresses: names.map(({ ip }) => ip) });
  return names.map((name) => ({ ...name, port }));
}
