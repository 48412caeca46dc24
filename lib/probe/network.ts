import type { Socket } from 'node:net';
import type { Json } from '../words/json.ts';
import type { Finding } from '../words/reason.ts';
import { limitConnect } from './deadline.ts';
import type { AddressProbe } from './observation.ts';
import type { ProbeWorld } from './probe-world.ts';
import { type DialOptions, Fault, type ProbeContext } from './prober.ts';
import { type ConversationHost, converse } from './wire/conversation.ts';
import { dialSocket, peerName } from './wire/dial.ts';
import { hasRoute } from './wire/routes.ts';
import { overhear } from './wire/trace.ts';

/** What a probe has reported so far. */
export interface Seen {
  readonly facts: { [name: string]: Json | undefined };
  readonly findings: Finding[];
  readonly metrics: { [name: string]: Json };
  output: string | null;
}

/** The part of a probe’s context that opens sockets. `own` is told how to close each of them. */
export function openNetwork(
  how: AddressProbe,
  world: ProbeWorld,
  seen: Seen,
  own: (close: () => void) => void,
): Pick<ProbeContext, 'dial' | 'datagrams'> {
  const { address, approach, deadline, stopwatch } = how;
  const peer = address === null ? approach.host : peerName(address);
  const noRoute = (family: 4 | 6) => !hasRoute(family);
  const hostFor = (name: string): ConversationHost => ({
    signal: deadline.signal,
    aborted: (phase) => deadline.explain(phase, name),
    enter: (phase) => stopwatch.enter(phase),
    overheard: overhear(name, world.trace),
    secure: (socket, peerOfSocket, options) => secure(socket, peerOfSocket, options, how, world, seen),
  });
  return {
    async dial(options = {}) {
      if (approach.proxy !== null && options.path === undefined) {
        const { dialThrough } = await import('./dial-through.ts');
        return dialThrough(approach.proxy, options, how, { world, hostFor, noRoute, own });
      }
      const socket = await dial(options, how, noRoute);
      own(() => socket.destroy());
      stopwatch.enter('first_byte');
      const where = options.path === undefined ? (options.to ?? address) : null;
      const name = options.path ?? (where === null ? peer : peerName(where));
      const conversation = converse(socket, where, name, hostFor(name));
      own(() => conversation.destroy());
      own(() => world.trace?.({ kind: 'closed', peer: name, ...counted(socket) }));
      if (options.tls) await conversation.startTls(options.tls);
      return conversation;
    },
    async datagrams({ to = address, roaming = false } = {}) {
      if (to === null) throw new Error('a probe without an endpoint has nothing to send datagrams to');
      const { openDatagrams } = await import('./wire/datagrams.ts');
      const name = peerName(to);
      return openDatagrams(to, name, { ...hostFor(name), source: approach.source, noRoute, own }, roaming);
    },
  };
}

async function dial(options: DialOptions, how: AddressProbe, noRoute: (family: 4 | 6) => boolean) {
  const { address, approach, deadline, stopwatch } = how;
  const where = options.path ?? options.to ?? address;
  if (where === null) throw new Error('a probe without an endpoint has nothing to dial');
  stopwatch.enter('connect');
  const limit_ms = options.to === undefined ? how.connectLimit_ms : null;
  const limited = limitConnect(limit_ms, deadline, peerName(where));
  try {
    return await dialSocket(where, {
      signal: limited.signal,
      aborted: limited.explain,
      source: approach.source,
      noRoute,
    });
  } finally {
    limited.clear();
  }
}

/** Bytes on the wire so far. */
export function counted({ bytesWritten, bytesRead }: Socket): {
  readonly sent: number;
  readonly received: number;
} {
  return { sent: bytesWritten, received: bytesRead };
}

/** The handshake; what is wrong with the certificates ends the probe before a byte of ours is sent. */
async function secure(
  socket: Parameters<ConversationHost['secure']>[0],
  peer: string,
  options: Parameters<ConversationHost['secure']>[2],
  { approach, deadline }: AddressProbe,
  world: ProbeWorld,
  seen: Seen,
): ReturnType<ConversationHost['secure']> {
  const { shakeHands } = await import('./wire/tls-handshake.ts');
  const secured = await shakeHands(socket, peer, {
    tls: approach.tls,
    serverName: options.serverName ?? approach.tls.server_name ?? approach.host,
    alpn: options.alpn ?? [],
    ...(options.resume === undefined ? {} : { resume: options.resume }),
    ...(options.framing === undefined ? {} : { framing: options.framing }),
    signal: deadline.signal,
    aborted: () => deadline.explain('tls', peer),
    env: world.env,
    now: () => world.now(),
  });
  world.trace?.({ kind: 'secured', peer, ...counted(socket) });
  Object.assign(seen.facts, secured.session.facts);
  seen.findings.push(...secured.session.findings);
  const [first] = secured.session.findings;
  if (first) {
    secured.socket.destroy();
    throw new Fault(first);
  }
  return secured;
}
