import { type Address, CannotTell, type ProbeContext } from '../../prober.ts';
import type { Echoes } from './echoes.ts';
import { runFping } from './fping.ts';
import { runPing } from './iputils-ping.ts';
import type { PingPlan } from './ping-plan.ts';

type Host = Pick<ProbeContext, 'address' | 'execute' | 'remaining_ms' | 'source'>;

/** Pings all, each family in one fping; where that is missing or may not, by one ping for each. An error is its host’s own. */
export async function requestEchoes<Context extends Host>(
  hosts: readonly Context[],
  plan: PingPlan,
): Promise<ReadonlyMap<Context, Echoes | Error>> {
  const families = [4, 6].map((family) => hosts.filter(({ address }) => address?.family === family));
  const found = await Promise.all(families.map((members) => pingTogether(members, plan)));
  return new Map(found.flatMap((of) => [...of]));
}

async function pingTogether<Context extends Host>(
  hosts: readonly Context[],
  plan: PingPlan,
): Promise<ReadonlyMap<Context, Echoes | Error>> {
  const [first, ...rest] = hosts;
  if (first === undefined) return new Map();
  try {
    const found = await runFping(first, [addressOf(first), ...rest.map(addressOf)], plan);
    return new Map(
      hosts.flatMap((host) => {
        const echoes = found.get(addressOf(host).ip);
        return echoes === undefined ? [] : [[host, echoes] as const];
      }),
    );
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error instanceof CannotTell && (error.code === 'tool_missing' || error.code === 'permission'))
      return pingEach(hosts, plan, error);
    return new Map(hosts.map((host) => [host, error]));
  }
}

/** Programs at once. */
const AT_ONCE = 50;

async function pingEach<Context extends Host>(
  hosts: readonly Context[],
  plan: PingPlan,
  stopped: CannotTell,
): Promise<ReadonlyMap<Context, Echoes | Error>> {
  const found = new Map<Context, Echoes | Error>();
  const waiting = [...hosts];
  const work = async () => {
    for (let host = waiting.shift(); host !== undefined; host = waiting.shift()) {
      found.set(host, await pingOne(host, plan, stopped));
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, hosts.length) }, work));
  return found;
}

/** Where ping is not to be had either, what stopped fping is told, unless that was missing, too. */
async function pingOne(host: Host, plan: PingPlan, stopped: CannotTell): Promise<Echoes | Error> {
  try {
    return await runPing(host, addressOf(host), plan);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (!(error instanceof CannotTell) || error.code !== 'tool_missing') return error;
    if (stopped.code !== 'tool_missing') return stopped;
    return new CannotTell('tool_missing', 'neither fping nor ping is installed here: install one of them');
  }
}

/** A ping has an endpoint, and so an address. */
export function addressOf({ address }: Pick<ProbeContext, 'address'>): Address {
  if (address === null) throw new Error('a ping has an address');
  return address;
}
