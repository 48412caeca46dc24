import { afterEach, describe, expect, it } from 'vitest';
import { kubernetes } from '../../../../lib/probe/probers/kubernetes.ts';
import type { Result } from '../../../../lib/words/result.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { type HttpPeer, type Routes, startHttpPeer } from '../../../servers/http-peer.ts';

const CHECKS = ['ping', 'log', 'etcd', 'informer-sync', 'poststarthook/start-apiextensions-informers'];
const READY = 'GET /readyz';
const lines = (failing: readonly string[]) =>
  CHECKS.map((name) =>
    failing.includes(name) ? `[-]${name} failed: reason withheld` : `[+]${name} ok`,
  ).join('\n');
const HEALTHY: Routes = { [READY]: { body: `${lines([])}\nreadyz check passed\n` } };

const closers: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function probe(
  routes: Routes,
  entry: Entry = {},
  path = '',
  user = '',
): Promise<Result & { readonly peer: HttpPeer }> {
  const peer = await startHttpPeer(routes);
  closers.push(() => peer.close());
  const target = `kubernetes://${user}127.0.0.1:${String(peer.port)}${path}`;
  return { ...(await probeTarget(kubernetes, target, { timeout_ms: 1500, ...entry })), peer };
}
proberContract({
  prober: kubernetes,
  target: (port) => `kubernetes://127.0.0.1:${String(port)}`,
  tlsTarget: (port) => `kubernetes+https://127.0.0.1:${String(port)}`,
  healthy: () => startHttpPeer(HEALTHY),
  connections: 1,
  half: 12,
});

tlsContract({
  prober: kubernetes,
  name: 'kubernetes+https',
  target: (port) => `kubernetes+https://localhost:${String(port)}`,
  start: (certificate) => startHttpPeer(HEALTHY, { certificate }),
});

describe('a faithful peer, by the documentation of Kubernetes', () => {
  it('is ready', async () => {
    const result = await probe(HEALTHY);
    expect(result.reasons).toEqual([]);
    expect(result.facts).toMatchObject({ ready: true, failing: [], checks: 5, status: 200 });
    expect(result.peer.asked).toEqual(['GET /readyz?verbose']);
  });

  it('a bare ok is ready, too', async () => {
    expect((await probe({ [READY]: { body: 'ok' } })).reasons).toEqual([]);
  });

  it.each([
    [['etcd'], 'quorum'],
    [['informer-sync'], 'status'],
  ])('%j failing is %s, and named', async (failing, code) => {
    const result = await probe({
      [READY]: { status: 500, body: `${lines(failing)}\nreadyz check failed\n` },
    });
    expect([result.status, result.reason?.code]).toEqual(['down', code]);
    expect(result.reason?.text).toBe(`these checks fail: ${failing.join(', ')}`);
    expect(result.facts).toMatchObject({ ready: false, failing });
  });

  it('anonymous requests that are off, and another service', async () => {
    const status = { kind: 'Status', status: 'Failure', reason: 'Unauthorized', code: 401 };
    expect((await probe({ [READY]: { status: 401, body: status } })).reason?.code).toBe('auth');
    expect((await probe({})).reason?.code).toBe('protocol');
    expect((await probe({ [READY]: { body: '<html>' } })).reason?.code).toBe('protocol');
  });
});
