import type { Socket } from 'node:net';
import type { Facts } from '../words/fact.ts';
import type { Json } from '../words/json.ts';
import type { Finding, Phase, UnknownCode } from '../words/reason.ts';
import { safeLine } from '../words/safe-text.ts';
import type { TlsOptions } from '../words/service.ts';
import { type Deadline, startDeadline } from './deadline.ts';
import {
  type Address,
  CannotTell,
  type DialOptions,
  Fault,
  type Probe,
  type ProbeContext,
} from './prober.ts';
import type { Reading } from './reading.ts';
import type { Conversation, ConversationHost } from './wire/conversation.ts';
import { peerName } from './wire/dial.ts';
import type { Resolver } from './wire/resolver.ts';
import { hasRoute } from './wire/routes.ts';
import { type Stopwatch, startStopwatch } from './wire/stopwatch.ts';

/** What probing needs of the world. */
export interface ProbeWorld {
  readonly env: { readonly [name: string]: string | undefined };
  /** wall clock, ms since 1970 */
  now(): number;
  /** monotonic ms */
  monotonic(): number;
  readonly resolver: Resolver;
  /** aborted when the run is interrupted or its deadline has come */
  readonly signal: AbortSignal;
}

/** How a service is reached; the same for all its addresses. */
export interface Approach {
  readonly host: string;
  readonly timeout_ms: number;
  readonly source: string | null;
  readonly tls: TlsOptions;
}

export interface AddressProbe {
  readonly address: Address | null;
  readonly approach: Approach;
  /** time left is counted from here, so that resolving counts too */
  readonly deadline: Deadline;
  readonly stopwatch: Stopwatch;
  /** share of the time for connecting, where other addresses are left to be tried */
  readonly connectLimit_ms: number | null;
}

/** A context with what will be read off it. */
export interface Observation {
  readonly context: ProbeContext;
  /** Closes everything the probe opened; `error` is what its run threw, or null. */
  finish(error: unknown): Reading;
}

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
): { deadline: Deadline; stopwatch: Stopwatch } {
  return {
    deadline: startDeadline(timeout_ms, world.signal, () => world.monotonic()),
    stopwatch: startStopwatch('resolve', () => world.monotonic()),
  };
}

/** The context of one probe, and the reading that it leaves. */
export function observe(how: AddressProbe, world: ProbeWorld): Observation {
  const { address, approach, deadline, stopwatch } = how;
  const facts: { [name: string]: Json | undefined } = {};
  const findings: Finding[] = [];
  const metrics: { [name: string]: Json } = {};
  const closers: (() => void)[] = [];
  let output: string | null = null;
  const peer = address === null ? approach.host : peerName(address);
  const phaseNow = (): Phase => PHASE_OF[stopwatch.phase()];
  const noRoute = (family: 4 | 6) => !hasRoute(family);

  const conversationHost: ConversationHost = {
    signal: deadline.signal,
    aborted: (phase) => deadline.explain(phase, peer),
    enter: (phase) => stopwatch.enter(phase),
    async secure(socket, peerOfSocket, options) {
      const { shakeHands } = await import('./wire/tls-handshake.ts');
      const secured = await shakeHands(socket, peerOfSocket, {
        tls: approach.tls,
        serverName: approach.tls.server_name ?? options.serverName ?? approach.host,
        alpn: options.alpn ?? [],
        signal: deadline.signal,
        aborted: () => deadline.explain('tls', peerOfSocket),
        env: world.env,
        now: () => world.now(),
      });
      Object.assign(facts, secured.session.facts);
      findings.push(...secured.session.findings);
      const [first] = secured.session.findings;
      if (first) {
        secured.socket.destroy();
        throw new Fault(first);
      }
      return secured;
    },
  };

  const dial = async (options: DialOptions = {}): Promise<Conversation> => {
    const where = options.path ?? options.to ?? address;
    if (where === null) throw new Error('a probe without an endpoint has nothing to dial');
    const [{ dialSocket }, { converse }] = await Promise.all([
      import('./wire/dial.ts'),
      import('./wire/conversation.ts'),
    ]);
    stopwatch.enter('connect');
    const limited = limitConnect(options.to === undefined ? how.connectLimit_ms : null, deadline, peer);
    let socket: Socket;
    try {
      socket = await dialSocket(where, {
        signal: limited.signal,
        aborted: limited.explain,
        source: approach.source,
        noRoute,
      });
    } finally {
      limited.clear();
    }
    closers.push(() => socket.destroy());
    stopwatch.enter('first_byte');
    const conversation = converse(
      socket,
      typeof where === 'string' ? null : where,
      peerName(where),
      conversationHost,
    );
    closers.push(() => conversation.destroy());
    if (options.tls) await conversation.startTls(options.tls);
    return conversation;
  };

  const context: ProbeContext = {
    address,
    host: approach.host,
    signal: deadline.signal,
    remaining_ms: () => deadline.remaining_ms(),
    now: () => world.now(),
    tls: approach.tls,
    see: (seen) => void Object.assign(facts, seen),
    find: (finding) => void findings.push(finding),
    measure: (values) => void Object.assign(metrics, values),
    show: (text) => void (output = text),
    enter: (phase) => stopwatch.enter(phase),
    dial,
    async datagrams() {
      if (address === null) throw new Error('a probe without an endpoint has nothing to send datagrams to');
      const { openDatagrams } = await import('./wire/datagrams.ts');
      return openDatagrams(address, peer, {
        ...conversationHost,
        source: approach.source,
        noRoute,
        own: (close) => void closers.push(close),
      });
    },
    async execute(execution) {
      const { execute } = await import('./wire/execution.ts');
      stopwatch.enter('first_byte');
      return execute(execution, {
        signal: deadline.signal,
        remaining_ms: () => deadline.remaining_ms(),
        aborted: () => deadline.explain('protocol', execution.argv[0]),
        enterTransfer: () => stopwatch.enter('transfer'),
        env: world.env,
      });
    },
    resolve: (host, port) => resolveFor(host, port, deadline, world),
  };

  return {
    context,
    finish(error) {
      for (const close of closers.reverse()) close();
      const cannotTell = classify(error, findings, phaseNow);
      return {
        address,
        facts: facts satisfies Facts,
        findings: findings.filter((finding, index) => findings.indexOf(finding) === index),
        incomplete: error !== null,
        cannotTell: findings.length > 0 ? null : cannotTell,
        metrics,
        output,
        ...stopwatch.read(),
      };
    },
  };
}

/** Addresses of a name for one attempt; a resolver that says nothing until the deadline is silent. */
export async function resolveFor(
  host: string,
  port: number,
  deadline: Deadline,
  world: ProbeWorld,
): Promise<Address[]> {
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
  return names.map((name) => ({ ...name, port }));
}

const PHASE_OF = {
  resolve: 'resolve',
  connect: 'connect',
  tls: 'tls',
  first_byte: 'protocol',
  transfer: 'protocol',
} as const;

function classify(
  error: unknown,
  findings: Finding[],
  phaseNow: () => Phase,
): { readonly code: UnknownCode; readonly text: string } | null {
  if (error === null) return null;
  if (error instanceof Fault) {
    findings.push(error.finding);
    return null;
  }
  if (error instanceof CannotTell) return { code: error.code, text: error.message };
  const text =
    error instanceof Error ? `${error.name}: ${error.message} ${whereThrown(error)}` : String(error);
  return { code: 'internal', text: safeLine(`a bug in puptime (phase ${phaseNow()}): ${text}`, 300) };
}

/** The innermost line of the stack, for a bug report. */
function whereThrown(error: Error): string {
  return (
    error.stack
      ?.split('\n')
      .find((line) => line.trimStart().startsWith('at '))
      ?.trim() ?? ''
  );
}

/** Gives an address that is not the last one only its share of the time to connect. */
function limitConnect(limit_ms: number | null, deadline: Deadline, peer: string) {
  const explain = () => deadline.explain('connect', peer);
  if (limit_ms === null) return { signal: deadline.signal, explain, clear: () => undefined };
  const controller = new AbortController();
  const abort = () => controller.abort();
  const timer = setTimeout(abort, limit_ms);
  deadline.signal.addEventListener('abort', abort, { once: true });
  if (deadline.signal.aborted) abort();
  return {
    signal: controller.signal,
    explain,
    clear() {
      clearTimeout(timer);
      deadline.signal.removeEventListener('abort', abort);
    },
  };
}
