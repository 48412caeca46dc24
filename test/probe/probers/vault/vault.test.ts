import { afterEach, describe, expect, it } from 'vitest';
import { vault } from '../../../../lib/probe/probers/vault.ts';
import type { Result } from '../../../../lib/words/result.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { type HttpPeer, type Routes, startHttpPeer } from '../../../servers/http-peer.ts';

const HEALTH = {
  initialized: true,
  sealed: false,
  standby: false,
  performance_standby: false,
  server_time_utc: 1516639589,
  version: '1.15.2',
  cluster_name: 'vault-cluster-3bd69ca2',
};
const ROUTE = 'GET /v1/sys/health';
const HEALTHY: Routes = { [ROUTE]: { body: HEALTH } };

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
  const target = `vault://${user}127.0.0.1:${String(peer.port)}${path}`;
  return { ...(await probeTarget(vault, target, { timeout_ms: 1500, ...entry })), peer };
}
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.fact];

proberContract({
  prober: vault,
  target: (port) => `vault://127.0.0.1:${String(port)}`,
  tlsTarget: (port) => `vault+https://127.0.0.1:${String(port)}`,
  healthy: () => startHttpPeer(HEALTHY),
  connections: 1,
  half: 12,
});

tlsContract({
  prober: vault,
  name: 'vault+https',
  target: (port) => `vault+https://localhost:${String(port)}`,
  start: (certificate) => startHttpPeer(HEALTHY, { certificate }),
});

describe('a faithful peer, by the documentation of Vault', () => {
  it.each([
    [200, 'active'],
    [429, 'standby'],
    [472, 'dr_secondary'],
    [473, 'performance_standby'],
  ])('%i is %s, and up', async (status, state) => {
    const result = await probe({ [ROUTE]: { status, body: { ...HEALTH, standby: status !== 200 } } });
    expect(result.reasons).toEqual([]);
    expect(result.facts).toMatchObject({
      state,
      sealed: false,
      version: '1.15.2',
      cluster: 'vault-cluster-3bd69ca2',
    });
  });

  it('sealed, and not set up', async () => {
    const sealed = await probe({
      [ROUTE]: { status: 503, body: { ...HEALTH, sealed: true, cluster_name: '' } },
    });
    expect(verdict(sealed)).toEqual(['down', 'status', 'sealed']);
    expect(sealed.facts['state']).toBe('sealed');
    const fresh = await probe({
      [ROUTE]: { status: 501, body: { ...HEALTH, initialized: false, sealed: true } },
    });
    expect(verdict(fresh)).toEqual(['down', 'status', 'initialized']);
    expect(fresh.reasons).toHaveLength(1);
    expect(fresh.facts['state']).toBe('uninitialised');
  });

  it('an active one can be asked for', async () => {
    const standby = { [ROUTE]: { status: 429, body: { ...HEALTH, standby: true } } };
    expect(verdict(await probe(standby, { expect: { state: 'active' } }))).toEqual([
      'down',
      'status',
      'state',
    ]);
  });

  it('another service', async () => {
    expect((await probe({})).reason?.code).toBe('protocol');
    expect((await probe({ [ROUTE]: { body: { status: 'ok' } } })).reason?.code).toBe('protocol');
  });
});
