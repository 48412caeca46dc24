import type { Job } from './job.ts';
import { type Address, Fault } from './prober.ts';

/** The addresses that `ip` asks for, in the order in which to try them. Throws a Fault when there are none. */
export function chosenAddresses(job: Job, addresses: readonly Address[]): readonly Address[] {
  const { ip } = job.service;
  const of = (family: 4 | 6) => addresses.filter((address) => address.family === family);
  switch (ip) {
    case 'any':
    case 'all':
      return addresses;
    case 'both': {
      const pair = [of(4)[0], of(6)[0]].filter((address) => address !== undefined);
      if (pair.length < 2) throw noAddress(job, of(4).length === 0 ? 4 : 6);
      return pair;
    }
    case '4':
    case '6': {
      const family = ip === '4' ? 4 : 6;
      const matching = of(family);
      if (matching.length === 0) throw noAddress(job, family);
      return matching;
    }
  }
}

function noAddress(job: Job, family: 4 | 6): Fault {
  return new Fault({
    code: 'resolve_failed',
    phase: 'resolve',
    text: `${job.probe.endpoint?.host ?? ''} has no IPv${String(family)} address`,
  });
}
