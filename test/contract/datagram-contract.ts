import { afterEach, describe, expect, test } from 'vitest';
import type { FactTable } from '../../lib/words/fact.ts';
import type { Code } from '../../lib/words/reason.ts';
import { Fault, type Prober } from '../../lib/probe/prober.ts';
import { type DatagramPeer, answerDatagrams, closedDatagramPort } from './datagram-peer.ts';
import { type Entry, probeTarget } from './probe-target.ts';

/** What the contract needs to know of a prober over UDP. */
export interface DatagramContract<Options, Table extends FactTable> {
  readonly prober: Prober<Options, Table>;
  /** a target at that port of 127.0.0.1 */
  readonly target: (port: number) => string;
  readonly entry?: Entry;
  /** starts a healthy server: a real daemon, or a faithful little peer */
  readonly healthy: () => Promise<{ readonly port: number; close(): unknown }>;
  /** codes of an answer that is no message of the protocol; default protocol */
  readonly garbage?: readonly Code[];
  /** garbage is passed over, as the protocol wants it: only the timeout tells */
  readonly patient?: boolean;
}

const GARBAGE: readonly (readonly [name: string, datagram: Buffer])[] = [
  ['an empty datagram', Buffer.alloc(0)],
  ['one byte', Buffer.from([0x30])],
  ['garbage', Buffer.from('\x00\xff\xfe\x1b[31m\x07\x80garbage\r\n\x00\x01\x02', 'latin1')],
  ['a text', Buffer.from('500 command not recognised\r\n')],
  ['a large datagram', Buffer.alloc(60_000, 'a')],
];
/** for silence, and for what must be told at once */
const [SHORT_MS, LONG_MS] = [500, 2500];

/** Puts a prober through what all must survive that speak over UDP. One line in each prober’s test. */
export function datagramContract<Options, Table extends FactTable>(
  contract: DatagramContract<Options, Table>,
): void {
  const { prober, target } = contract;
  const peers: DatagramPeer[] = [];
  afterEach(() => {
    for (const peer of peers.splice(0)) peer.close();
  });
  const probe = async (port: number, entry: Entry = {}) => {
    const began = performance.now();
    const result = await probeTarget(prober, target(port), {
      timeout_ms: contract.patient === true ? SHORT_MS : LONG_MS,
      ...contract.entry,
      ...entry,
    });
    const sum = Object.values(result.timings).reduce<number>((total, ms) => total + (Number(ms) || 0), 0);
    expect.soft(Math.abs(sum - (result.duration_ms ?? Number.NaN))).toBeLessThan(0.01);
    return { ...result, took_ms: performance.now() - began };
  };
  const answering = async (answer: Parameters<typeof answerDatagrams>[0]) => {
    const peer = await answerDatagrams(answer);
    peers.push(peer);
    return peer.port;
  };

  describe(`${prober.type}: the contract of all probers over UDP`, () => {
    test('a healthy server is up, with address and family', async () => {
      const server = await contract.healthy();
      try {
        const result = await probe(server.port, { timeout_ms: 5000 });
        expect(result.status, JSON.stringify(result.reasons)).toBe('up');
        expect([result.address, result.family]).toEqual(['127.0.0.1', 4]);
      } finally {
        await server.close();
      }
    });

    test('nobody listening is refused, at once', async () => {
      const { status, reason, took_ms } = await probe(await closedDatagramPort());
      expect([status, reason?.code, reason?.phase]).toEqual(['down', 'refused', 'connect']);
      expect(took_ms).toBeLessThan(LONG_MS - 100);
    });

    test('silence is a timeout', async () => {
      const { status, reason, took_ms } = await probe(await answering(() => null), {
        timeout_ms: SHORT_MS,
      });
      expect([status, reason?.code, reason?.phase]).toEqual(['down', 'timeout', 'protocol']);
      expect(took_ms).toBeLessThan(SHORT_MS + 900);
    });

    test.each(GARBAGE)('%s is told at once', async (_, datagram) => {
      const { status, reason, took_ms } = await probe(await answering(() => datagram));
      expect(status).toBe('down');
      expect(contract.garbage ?? ['protocol'], reason?.text).toContain(reason?.code);
      if (contract.patient !== true) expect(took_ms).toBeLessThan(LONG_MS - 100);
    });

    test('what was sent, sent back, is no answer', async () => {
      const { status } = await probe(await answering((message) => message));
      expect(status).toBe('down');
    });

    test('a flood stays small', async () => {
      const block = Array.from({ length: 300 }, () => Buffer.alloc(1400, 'a'));
      const before = process.memoryUsage().rss;
      const { status } = await probe(await answering(() => block));
      expect(status).toBe('down');
      expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20);
    });

    test('a name that does not exist is down, a silent resolver is unknown', async () => {
      const nowhere = target(9).replace('127.0.0.1', 'nowhere.example');
      const gone = new Fault({ code: 'resolve_nxdomain', phase: 'resolve', text: 'it does not exist' });
      const resolver = (resolve: () => Promise<never>) => ({
        resolver: { resolve, cancel: () => undefined },
      });
      const down = await probeTarget(
        prober,
        nowhere,
        contract.entry,
        resolver(() => Promise.reject(gone)),
      );
      expect([down.status, down.reason?.code]).toEqual(['down', 'resolve_nxdomain']);
      const silent = resolver(() => new Promise<never>(() => undefined));
      const unknown = await probeTarget(prober, nowhere, { ...contract.entry, timeout_ms: 200 }, silent);
      expect([unknown.status, unknown.reason?.code]).toEqual(['unknown', 'resolver_silent']);
    });
  });
}
