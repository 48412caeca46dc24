import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { prometheus } from '../../../../lib/probe/probers/prometheus.ts';
import type { Result } from '../../../../lib/words/result.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { describeWith } from '../../../servers/daemon.ts';
import { startHttpPeer } from '../../../servers/http-peer.ts';
import { type WebDaemon, startPrometheus } from '../../../servers/web-daemons.ts';

const at = (port: number) => `prometheus://127.0.0.1:${String(port)}`;
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.fact];

describeWith(['prometheus'], 'a real Prometheus', () => {
  let server: WebDaemon;
  beforeAll(async () => {
    server = await startPrometheus();
  });
  afterAll(() => server.stop());

  proberContract({
    prober: prometheus,
    target: at,
    tlsTarget: (port) => `prometheus+https://127.0.0.1:${String(port)}`,
    healthy: () => Promise.resolve({ port: server.port, close: () => undefined }),
    connections: 2,
    half: 12,
  });

  tlsContract({
    prober: prometheus,
    name: 'prometheus+https',
    target: (port) => `prometheus+https://localhost:${String(port)}`,
    start: startPrometheus,
  });

  const query = (text: string, entry: Entry = {}) =>
    probeTarget(prometheus, at(server.port), { options: { query: text }, ...entry });

  it('is healthy and ready, and answers queries', async () => {
    const plain = await probeTarget(prometheus, at(server.port));
    expect(plain.reasons).toEqual([]);
    expect(plain.facts).toMatchObject({ healthy: true, ready: true, status: 200 });
    expect((await query('1 + 41', { expect: { value: 42 } })).reasons).toEqual([]);
    expect((await query('vector(7)')).facts).toMatchObject({ value: 7, rows: 1 });
    expect((await query('no_such_metric')).facts).toMatchObject({ value: null, rows: 0 });
    expect((await query('0 / 0')).facts['value']).toBeNull();
  });

  it('a query that is none is status, in its own words', async () => {
    const result = await query('1 +');
    expect([result.status, result.reason?.code]).toEqual(['down', 'status']);
    expect(result.reason?.text).toContain('the query fails: invalid parameter');
  });

  it('frozen is timeout', async () => {
    server.signal('SIGSTOP');
    expect((await probeTarget(prometheus, at(server.port), { timeout_ms: 300 })).reason?.code).toBe(
      'timeout',
    );
    server.signal('SIGCONT');
  });
});

describe('a faithful peer', () => {
  const closers: (() => void)[] = [];
  afterEach(() => {
    for (const close of closers.splice(0)) close();
  });
  const probe = async (routes: Parameters<typeof startHttpPeer>[0]) => {
    const peer = await startHttpPeer(routes);
    closers.push(() => peer.close());
    return probeTarget(prometheus, at(peer.port), { options: { query: '1' } });
  };
  const HEALTHY = { '/-/healthy': { body: 'Prometheus is Healthy.\n' } };

  it('reading its log after a start is loading', async () => {
    const result = await probe({ ...HEALTHY, '/-/ready': { status: 503, body: 'Service Unavailable' } });
    expect(verdict(result)).toEqual(['down', 'loading', 'ready']);
  });

  it('unhealthy, a refused login, and another service', async () => {
    const ready = { '/-/ready': { body: 'OK' } };
    expect(verdict(await probe({ ...ready, '/-/healthy': { status: 503, body: 'no' } }))).toEqual([
      'down',
      'status',
      'healthy',
    ]);
    expect((await probe({ '/-/healthy': { status: 401, body: 'Unauthorized' } })).reason?.code).toBe('auth');
    expect((await probe({ '/-/healthy': { body: '<html>' } })).reason?.code).toBe('protocol');
    expect((await probe({})).reason?.code).toBe('protocol');
  });
});
