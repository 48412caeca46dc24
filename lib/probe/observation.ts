import type { Finding, Phase, UnknownCode } from '../words/reason.ts';
import { safeLine } from '../words/safe-text.ts';
import type { TlsOptions } from '../words/service.ts';
import type { Deadline } from './deadline.ts';
import { type Seen, openNetwork } from './network.ts';
import type { ProbeWorld } from './probe-world.ts';
import { type Address, CannotTell, type Endpoint, Fault, type ProbeContext } from './prober.ts';
import type { Reading } from './reading.ts';
import { resolveFor } from './resolve-for.ts';
import { shortageOf } from './wire/errno.ts';
import type { Proxy } from './wire/proxy.ts';
import type { Stopwatch } from './wire/stopwatch.ts';

/** How a service is reached; the same for all its addresses. */
export interface Approach {
  readonly host: string;
  readonly timeout_ms: number;
  readonly source: string | null;
  readonly tls: TlsOptions;
  readonly proxy: Proxy | null;
  /** where to go when there is no address: by name through the proxy */
  readonly destination: Endpoint | null;
  conceal(secret: string): void;
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

/** The context of one probe, and the reading that it leaves. */
export function observe(how: AddressProbe, world: ProbeWorld): Observation {
  const { address, approach, deadline, stopwatch } = how;
  const seen: Seen = { facts: {}, findings: [], metrics: {}, output: null };
  const closers: (() => void)[] = [];
  const network = openNetwork(how, world, seen, (close) => void closers.push(close));
  const context: ProbeContext = {
    address,
    host: approach.host,
    signal: deadline.signal,
    remaining_ms: () => deadline.remaining_ms(),
    now: () => world.now(),
    tls: approach.tls,
    source: approach.source,
    proxy: approach.proxy,
    conceal: (secret) => approach.conceal(secret),
    see: (facts) => void Object.assign(seen.facts, facts),
    find: (finding) => void seen.findings.push(finding),
    measure: (values) => void Object.assign(seen.metrics, values),
    show: (text) => void (seen.output = text),
    enter: (phase) => stopwatch.enter(phase),
    took: (phase, ms) => stopwatch.replace(phase, ms),
    ...network,
    async execute(execution) {
      const { execute } = await import('./wire/execution.ts');
      stopwatch.enter('first_byte');
      const outcome = await execute(execution, {
        signal: deadline.signal,
        remaining_ms: () => deadline.remaining_ms(),
        aborted: () => deadline.explain('protocol', execution.argv[0]),
        enterTransfer: () => stopwatch.enter('transfer'),
        env: world.env,
      });
      const { exitCode: exit_code, signal } = outcome;
      world.trace?.({ kind: 'executed', argv: execution.argv, exit_code, signal });
      return outcome;
    },
    async recall(key) {
      const { openAnswerCache } = await import('./wire/answer-cache.ts');
      return openAnswerCache(world).recall(key);
    },
    async remember(key, value) {
      const { openAnswerCache } = await import('./wire/answer-cache.ts');
      openAnswerCache(world).remember(key, value);
    },
    resolve: (host, port) => resolveFor(host, port, deadline, world),
  };
  return {
    context,
    finish(error) {
      for (const close of closers.reverse()) close();
      const cannotTell = classify(error, seen.findings, PHASE_OF[stopwatch.phase()]);
      return {
        ...seen,
        address,
        findings: [...new Set(seen.findings)],
        incomplete: error !== null,
        cannotTell: seen.findings.length > 0 ? null : cannotTell,
        ...stopwatch.read(),
      };
    },
  };
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
  phase: Phase,
): { readonly code: UnknownCode; readonly text: string } | null {
  if (error === null) return null;
  if (error instanceof Fault) {
    findings.push(error.finding);
    return null;
  }
  if (error instanceof CannotTell) return { code: error.code, text: error.message };
  const shortage = shortageOf(error);
  if (shortage !== null) return { code: shortage.code, text: shortage.message };
  const text =
    error instanceof Error ? `${error.name}: ${error.message} ${whereThrown(error)}` : typeof error;
  return { code: 'internal', text: safeLine(`a bug in puptime (phase ${phase}): ${text}`, 300) };
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
