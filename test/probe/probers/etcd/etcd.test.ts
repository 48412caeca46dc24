import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { etcd } from '../../../../lib/probe/probers/etcd.ts';
import type { Result } from '../../../../lib/words/result.ts';
import { probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { describeWith, until } from '../../../servers/daemon.ts';
import { ETCD_PROGRAMS, type Etcd, startEtcd, startEtcdCluster } from '../../../servers/etcd.ts';
import { startHttpPeer } from '../../../servers/http-peer.ts';

const at = (port: number) => `etcd://127.0.0.1:${String(port)}`;
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.fact];
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

describeWith(ETCD_PROGRAMS, 'etcd', () => {
  let alone: Etcd;
  beforeAll(async () => {
    alone = await startEtcd();
  });
  afterAll(() => alone.stop());

  proberContract({
    prober: etcd,
    target: at,
    tlsTarget: (port) => `etcd+https://127.0.0.1:${String(port)}`,
    healthy: () => Promise.resolve({ port: alone.port, close: () => undefined }),
    connections: 2,
    half: 12,
  });

  tlsContract({
    prober: etcd,
    name: 'etcd+https',
    target: (port) => `etcd+https://localhost:${String(port)}`,
    start: startEtcd,
  });

  it('one alone is its own leader', async () => {
    const result = await probeTarget(etcd, at(alone.port));
    expect(result.reasons).toEqual([]);
    expect(result.facts).toMatchObject({ health: true, leader: true, is_leader: true, status: 200 });
    expect(result.facts['version']).toMatch(/^3\./);
    expect(result.facts['db_size']).toBeGreaterThan(1000);
  });

  it('frozen is timeout', async () => {
    alone.signal('SIGSTOP');
    expect((await probeTarget(etcd, at(alone.port), { timeout_ms: 300 })).reason?.code).toBe('timeout');
    alone.signal('SIGCONT');
  });

  it('one of three is up with two left, and has lost its quorum alone, at once', async () => {
    const cluster = await startEtcdCluster(3);
    closers.push(...cluster.map((member) => () => member.stop()));
    const [first, second, third] = cluster;
    if (first === undefined || second === undefined || third === undefined)
      throw new Error('three were started');
    const states = await Promise.all(cluster.map(({ port }) => probeTarget(etcd, at(port))));
    expect(states.map(({ status }) => status)).toEqual(['up', 'up', 'up']);
    expect(states.filter(({ facts }) => facts['is_leader'] === true)).toHaveLength(1);
    await third.stop();
    await until(
      'two to have a leader',
      async () => (await probeTarget(etcd, at(first.port))).status === 'up',
    );
    await second.stop();
    await until(
      'the last one to miss the others',
      async () => (await probeTarget(etcd, at(first.port))).facts['leader'] === false,
    );
    const lost = await probeTarget(etcd, at(first.port));
    expect(verdict(lost)).toEqual(['down', 'quorum', 'leader']);
    expect(lost.reasons).toHaveLength(1);
    expect(lost.duration_ms).toBeLessThan(1000);
  }, 30_000);
});

describe('a faithful peer', () => {
  const probe = async (routes: Parameters<typeof startHttpPeer>[0]) => {
    const peer = await startHttpPeer(routes);
    closers.push(() => peer.close());
    return probeTarget(etcd, at(peer.port));
  };
  const STATUS = { header: { member_id: '7' }, version: '3.5.9', dbSize: '20480', leader: '8' };

  it('an alarm (NOSPACE, as 3.5 says it) is status', async () => {
    const result = await probe({
      'POST /v3/maintenance/status': { body: STATUS },
      'GET /health': { status: 503, body: { health: 'false', reason: 'ALARM NOSPACE' } },
    });
    expect(verdict(result)).toEqual(['down', 'status', 'health']);
    expect(result.facts).toMatchObject({ leader: true, is_leader: false, db_size: 20_480 });
  });

  it('without its gateway /health alone tells, and a refused login is auth', async () => {
    const plain = await probe({ 'GET /health': { body: { health: 'true' } } });
    expect(plain.reasons).toEqual([]);
    const refused = await probe({ 'POST /v3/maintenance/status': { status: 403, body: { code: 7 } } });
    expect(refused.reason?.code).toBe('auth');
  });
});
