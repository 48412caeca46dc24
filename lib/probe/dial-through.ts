import { limitConnect } from './deadline.ts';
import { counted } from './network.ts';
import type { AddressProbe } from './observation.ts';
import type { ProbeWorld } from './probe-world.ts';
import { type Address, type DialOptions, type Endpoint, Fault } from './prober.ts';
import { resolveFor } from './resolve-for.ts';
import { type Conversation, type ConversationHost, converse } from './wire/conversation.ts';
import { dialSocket, peerName } from './wire/dial.ts';
import { type Proxy, ofProxy, openTunnel, showEndpoint, showProxy } from './wire/proxy.ts';

export interface DialWorld {
  readonly world: ProbeWorld;
  readonly hostFor: (name: string) => ConversationHost;
  readonly noRoute: (family: 4 | 6) => boolean;
  readonly own: (close: () => void) => void;
}

/** A connection to the service through a proxy; all that the way takes, names and all, counts for connecting. */
export async function dialThrough(
  proxy: Proxy,
  options: DialOptions,
  how: AddressProbe,
  { world, hostFor, noRoute, own }: DialWorld,
): Promise<Conversation> {
  const { stopwatch } = how;
  const goal = goalOf(options, how);
  const name =
    options.untunnelled === true
      ? showProxy(proxy)
      : `${showEndpoint(goal.to)} (through ${showProxy(proxy)})`;
  const socket = await reach(proxy, how, world, noRoute);
  own(() => socket.destroy());
  const host = hostFor(name);
  let onTheWay = options.untunnelled !== true;
  const enter: ConversationHost['enter'] = (phase) => {
    if (!onTheWay) stopwatch.enter(phase);
  };
  const conversation = converse(socket, goal.address, name, { ...host, enter });
  own(() => conversation.destroy());
  own(() => world.trace?.({ kind: 'closed', peer: name, ...counted(socket) }));
  if (onTheWay) await openTunnel(conversation, proxy, goal.to);
  onTheWay = false;
  stopwatch.enter('first_byte');
  if (options.tls) await conversation.startTls(options.tls);
  return conversation;
}

/** Where it is to lead, and the address of that where puptime knows it. */
function goalOf(
  options: DialOptions,
  { address, approach }: AddressProbe,
): { to: Endpoint; address: Address | null } {
  const known = options.to ?? (options.toName === undefined ? address : null);
  if (known !== null) return { to: { host: known.ip, port: known.port }, address: known };
  const to = options.toName ?? approach.destination;
  if (to === null) throw new Error('a probe without an endpoint has nothing to dial');
  return { to, address: null };
}

/** A socket to the first of the proxy’s addresses that takes one. */
async function reach(
  proxy: Proxy,
  how: AddressProbe,
  world: ProbeWorld,
  noRoute: (family: 4 | 6) => boolean,
): Promise<Awaited<ReturnType<typeof dialSocket>>> {
  const { approach, deadline, stopwatch } = how;
  try {
    stopwatch.enter('resolve');
    const addresses = await resolveFor(proxy.host, proxy.port, deadline, world);
    stopwatch.enter('connect');
    for (const [index, where] of addresses.entries()) {
      const left = addresses.length - index;
      const limited = limitConnect(
        left === 1 ? null : deadline.remaining_ms() / left,
        deadline,
        peerName(where),
      );
      try {
        return await dialSocket(where, {
          signal: limited.signal,
          aborted: limited.explain,
          source: approach.source,
          noRoute: () => noRoute(where.family),
        });
      } catch (error) {
        if (!(error instanceof Fault) || left === 1 || deadline.signal.aborted) throw error;
      } finally {
        limited.clear();
      }
    }
    throw new Error('a name that was resolved has at least one address');
  } catch (error) {
    throw error instanceof Fault ? ofProxy(error, proxy) : error;
  }
}
