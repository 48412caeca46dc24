import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ipp } from '../../../../lib/probe/probers/ipp.ts';
import { decodeIpp, encodePrinterQuestion } from '../../../../lib/probe/probers/ipp/ipp-message.ts';
import type { Result } from '../../../../lib/words/result.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { CUPS_PROGRAMS, type Cupsd, startCupsd } from '../../../servers/cupsd.ts';
import { describeWith } from '../../../servers/daemon.ts';
import { type Routes, startHttpPeer } from '../../../servers/http-peer.ts';

const at = (port: number, path = '/printers/office') => `ipp://127.0.0.1:${String(port)}${path}`;
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.fact];

describeWith(CUPS_PROGRAMS, 'CUPS', () => {
  let cups: Cupsd;
  beforeAll(async () => {
    cups = await startCupsd();
  });
  afterAll(() => cups.stop());

  proberContract({
    prober: ipp,
    target: (port) => at(port),
    tlsTarget: (port) => `ipps://127.0.0.1:${String(port)}/printers/office`,
    healthy: () => Promise.resolve({ port: cups.port, close: () => undefined }),
    half: 12,
  });

  const probe = (queue: string, entry: Entry = {}) =>
    probeTarget(ipp, at(cups.port, `/printers/${queue}`), entry);

  it('an idle queue', async () => {
    const result = await probe('office');
    expect(result.reasons).toEqual([]);
    expect(result.facts).toMatchObject({
      state: 'idle',
      accepting: true,
      reasons: [],
      problems: 0,
      jobs: 0,
      name: 'office',
      ipp_status: 'successful-ok',
    });
  });

  it('stopped, closed to jobs, with a warning, and missing', async () => {
    const broken = await probe('broken');
    expect(verdict(broken)).toEqual(['down', 'status', 'state']);
    expect(broken.facts['reasons']).toContain('media-jam-error');
    expect(verdict(await probe('closed'))).toEqual(['down', 'status', 'accepting']);
    expect(verdict(await probe('thirsty'))).toEqual(['degraded', 'status', 'problems']);
    const missing = await probe('nobody');
    expect(verdict(missing)).toEqual(['down', 'status', 'ipp_status']);
    expect(missing.reason?.got).toBe('client-error-not-found');
  });

  it('frozen is timeout', async () => {
    cups.signal('SIGSTOP');
    expect((await probe('office', { timeout_ms: 300 })).reason?.code).toBe('timeout');
    cups.signal('SIGCONT');
  });
});

/** A response of IPP with these attributes: tag, name, value. */
function response(status: number, attributes: readonly (readonly [number, string, Buffer])[] = []): Buffer {
  const size = (length: number) => Buffer.from([length >> 8, length & 0xff]);
  return Buffer.concat([
    Buffer.from([2, 0, status >> 8, status & 0xff, 0, 0, 0, 1, 4]),
    ...attributes.map(([tag, name, value]) =>
      Buffer.concat([Buffer.from([tag]), size(name.length), Buffer.from(name), size(value.length), value]),
    ),
    Buffer.from([3]),
  ]);
}

const IDLE = response(0, [
  [0x23, 'printer-state', Buffer.from([0, 0, 0, 3])],
  [0x44, 'printer-state-reasons', Buffer.from('toner-low-report')],
  [0x44, '', Buffer.from('other-report')],
  [0x22, 'printer-is-accepting-jobs', Buffer.from([1])],
]);
const printer = (body: Buffer): Routes => ({
  'POST /ipp/print': { headers: { 'Content-Type': 'application/ipp' }, body },
});

tlsContract({
  prober: ipp,
  name: 'ipps (a faithful peer)',
  target: (port) => `ipps://localhost:${String(port)}`,
  start: (certificate) => startHttpPeer(printer(IDLE), { certificate }),
});

describe('a faithful peer, as printers answer', () => {
  const probe = async (routes: Routes) => {
    const peer = await startHttpPeer(routes);
    const result = await probeTarget(ipp, at(peer.port, ''));
    peer.close();
    return result;
  };

  it('reports are no problems, and what is not told is no fault', async () => {
    const result = await probe(printer(IDLE));
    expect(result.reasons).toEqual([]);
    expect(result.facts).toMatchObject({
      reasons: ['toner-low-report', 'other-report'],
      problems: 0,
      jobs: null,
    });
    expect((await probe(printer(response(1)))).reasons).toEqual([]);
  });

  it('busy is overloaded, a refused login auth, another service protocol', async () => {
    expect(verdict(await probe(printer(response(0x0507))))).toEqual(['down', 'overloaded', 'ipp_status']);
    expect((await probe(printer(response(0x0402)))).reason?.code).toBe('auth');
    expect((await probe({ '/ipp/print': { status: 401 } })).reason?.code).toBe('auth');
    expect((await probe({ '/ipp/print': { body: '<html>' } })).reason?.code).toBe('protocol');
  });
});

it('no cut of an answer is taken for a whole one, and none is read beyond its end', () => {
  for (let length = 0; length < IDLE.length; length += 1)
    expect(decodeIpp(IDLE.subarray(0, length))).toBeNull();
  expect(decodeIpp(encodePrinterQuestion('ipp://a/b'))?.attributes.get('requested-attributes')).toHaveLength(
    6,
  );
});
