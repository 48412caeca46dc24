import { afterEach, describe, expect, test } from 'vitest';
import type { FactTable } from '../../lib/words/fact.ts';
import type { Code } from '../../lib/words/reason.ts';
import type { Result } from '../../lib/words/result.ts';
import type { Prober } from '../../lib/probe/prober.ts';
import { Fault } from '../../lib/probe/prober.ts';
import {
  MISBEHAVIOURS,
  type Misbehaviour,
  closedPort,
  cutting,
  listen,
  splitting,
  stoppedProcess,
} from './misbehaving-server.ts';
import { type Entry, probeTarget } from './probe-target.ts';

/** What the contract needs to know of a prober over TCP. */
export interface Contract<Options, Table extends FactTable> {
  readonly prober: Prober<Options, Table>;
  /** a target at that port of 127.0.0.1 */
  readonly target: (port: number) => string;
  readonly entry?: Entry;
  /** the same with TLS from the first byte, where the protocol has it */
  readonly tlsTarget?: (port: number) => string;
  /** starts a healthy server (a faithful little peer or a real daemon) */
  readonly healthy: () => Promise<{ readonly port: number; connections?(): number; close(): unknown }>;
  /** connections that one probe makes; default 1 */
  readonly connections?: number;
  /** bytes of answers after which to hang up in the `half` case; default 3 */
  readonly half?: number;
  /** codes that differ from the usual ones in a case */
  readonly codes?: { readonly [C in Case]?: readonly Code[] };
  /** cases in which only the timeout can tell, though the peer has spoken */
  readonly patient?: readonly Case[];
  /** cases that are legal for this protocol (a plain tcp port may be silent): status up is right there */
  readonly legal?: readonly Case[];
}

type Case = Misbehaviour | 'refused' | 'stopped' | 'half';

/** What each case is called unless the contract says otherwise. All are down. */
const CODES: { readonly [C in Case]: readonly Code[] } = {
  refused: ['refused'],
  silent: ['timeout'],
  stopped: ['timeout'],
  closing: ['closed'],
  resetting: ['reset'],
  dripping: ['timeout', 'protocol', 'too_large'],
  flooding: ['too_large', 'protocol', 'timeout'],
  half: ['closed', 'truncated'],
  garbage: ['protocol'],
  smtp: ['protocol'],
  ssh: ['protocol'],
  http: ['protocol'],
};

/** The cases in which the peer has spoken: the verdict must not wait for the timeout. */
const AT_ONCE: readonly Case[] = [
  'refused',
  'closing',
  'resetting',
  'half',
  'garbage',
  'smtp',
  'ssh',
  'http',
];
const TIMEOUT_MS = 600;
const SLACK_MS = 900;

/** Puts a prober through the contract that all share. One line in each prober’s test. */
export function proberContract<Options, Table extends FactTable>(contract: Contract<Options, Table>): void {
  const { prober, target } = contract;
  const closers: (() => unknown)[] = [];
  const owned = <T extends { close(): unknown }>(peer: T): T => {
    closers.push(() => peer.close());
    return peer;
  };
  const probe = (port: number, entry: Entry = {}) =>
    probeTarget(prober, target(port), { ...contract.entry, ...entry });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  const isDown = (result: Result, of: Case, took_ms: number) => {
    if (contract.legal?.includes(of) === true && result.status === 'up') return;
    expect.soft(result.status, JSON.stringify(result.reasons)).toBe('down');
    expect.soft(contract.codes?.[of] ?? CODES[of], result.reason?.text).toContain(result.reason?.code);
    expect.soft(took_ms).toBeLessThan(TIMEOUT_MS + SLACK_MS);
    if (AT_ONCE.includes(of) && contract.patient?.includes(of) !== true)
      expect.soft(took_ms, `${of}: at once, not after the timeout`).toBeLessThan(TIMEOUT_MS - 100);
    hasTimings(result);
  };

  describe(`${prober.type}: the contract of all probers`, () => {
    test('a healthy server is up, with address, family and timings that sum to the duration', async () => {
      const server = owned(await contract.healthy());
      const result = await probe(server.port);
      expect(result.status, JSON.stringify(result.reasons)).toBe('up');
      expect(result.address).toBe('127.0.0.1');
      expect(result.family).toBe(4);
      expect(result.timings.connect_ms).not.toBeNull();
      hasTimings(result);
    });

    test('one probe makes just the connections that it says, and leaves none open', async () => {
      const server = owned(await contract.healthy());
      const counter = owned(await cutting(server.port, Number.MAX_SAFE_INTEGER));
      await probe(counter.port);
      expect(counter.connections()).toBe(contract.connections ?? 1);
      for (let turn = 0; turn < 50 && counter.open() > 0; turn += 1)
        await new Promise((resolve) => setTimeout(resolve, 10));
      expect(counter.open()).toBe(0);
    });

    test('an answer in segments of one byte is up', async () => {
      const server = owned(await contract.healthy());
      const proxy = owned(await splitting(server.port));
      const result = await probe(proxy.port, { timeout_ms: 5000 });
      expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    });

    test('nobody listening is refused, at once', async () => {
      await judged('refused', await closedPort());
    });

    for (const misbehaviour of Object.keys(MISBEHAVIOURS) as Misbehaviour[]) {
      test(`a ${misbehaviour} server`, async () => {
        const before = process.memoryUsage().rss;
        const peer = owned(await listen(MISBEHAVIOURS[misbehaviour]));
        await judged(misbehaviour, peer.port);
        expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20);
      });
    }

    test('half an answer', async () => {
      const server = owned(await contract.healthy());
      const proxy = owned(await cutting(server.port, contract.half ?? 3));
      await judged('half', proxy.port);
    });

    test('a process that is stopped while the kernel accepts', async () => {
      const stopped = owned(await stoppedProcess());
      await judged('stopped', stopped.port);
    });

    if (contract.tlsTarget) {
      const { tlsTarget } = contract;
      test('a server that never completes TLS', async () => {
        const peer = owned(await listen(MISBEHAVIOURS.silent));
        const result = await probeTarget(prober, tlsTarget(peer.port), {
          ...contract.entry,
          timeout_ms: TIMEOUT_MS,
        });
        expect([result.status, result.reason?.code, result.reason?.phase]).toEqual([
          'down',
          'timeout',
          'tls',
        ]);
        hasTimings(result);
      });

      test('a server that answers TLS in the clear, at once', async () => {
        const peer = owned(await listen(MISBEHAVIOURS.smtp));
        const began = performance.now();
        const result = await probeTarget(prober, tlsTarget(peer.port), {
          ...contract.entry,
          timeout_ms: TIMEOUT_MS,
        });
        expect([result.status, result.reason?.code, result.reason?.phase]).toEqual([
          'down',
          'tls_handshake',
          'tls',
        ]);
        expect(performance.now() - began).toBeLessThan(TIMEOUT_MS - 100);
      });
    }

    test('a name that does not exist is down, a silent resolver is unknown', async () => {
      const nowhere = target(9).replace('127.0.0.1', 'nowhere.example');
      const answering = (error: Error) => ({
        resolver: { resolve: () => Promise.reject(error), cancel: () => undefined },
      });
      const gone = new Fault({ code: 'resolve_nxdomain', phase: 'resolve', text: 'it does not exist' });
      const down = await probeTarget(prober, nowhere, contract.entry, answering(gone));
      expect([down.status, down.reason?.code, down.reason?.phase]).toEqual([
        'down',
        'resolve_nxdomain',
        'resolve',
      ]);
      const never = {
        resolver: { resolve: () => new Promise<never>(() => undefined), cancel: () => undefined },
      };
      const unknown = await probeTarget(prober, nowhere, { ...contract.entry, timeout_ms: 200 }, never);
      expect([unknown.status, unknown.reason?.code]).toEqual(['unknown', 'resolver_silent']);
    });
  });

  async function judged(of: Case, port: number): Promise<void> {
    const began = performance.now();
    const result = await probe(port, { timeout_ms: TIMEOUT_MS });
    isDown(result, of, performance.now() - began);
  }
}

function hasTimings(result: Result): void {
  const sum = Object.values(result.timings).reduce<number>(
    (total, value) => total + ((value as number | null) ?? 0),
    0,
  );
  expect.soft(Math.abs(sum - (result.duration_ms ?? Number.NaN))).toBeLessThan(0.01);
  expect.soft(result.timings.resolve_ms).not.toBeNull();
}
