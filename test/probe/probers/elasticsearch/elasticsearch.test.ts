import { afterEach, describe, expect, it } from 'vitest';
import { elasticsearch } from '../../../../lib/probe/probers/elasticsearch.ts';
import type { Result } from '../../../../lib/words/result.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { type HttpPeer, type Routes, startHttpPeer } from '../../../servers/http-peer.ts';

const HEALTH = {
  cluster_name: 'search',
  status: 'green',
  timed_out: false,
  number_of_nodes: 3,
  number_of_data_nodes: 2,
  discovered_master: true,
  active_primary_shards: 10,
  unassigned_shards: 0,
  number_of_pending_tasks: 1,
};
const ROUTE = 'GET /_cluster/health';
const HEALTHY: Routes = { [ROUTE]: { body: HEALTH } };
const NO_MASTER = {
  status: 503,
  body: {
    error: { type: 'master_not_discovered_exception', reason: null, root_cause: [] },
    status: 503,
  },
};

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
  const target = `elasticsearch://${user}127.0.0.1:${String(peer.port)}${path}`;
  return { ...(await probeTarget(elasticsearch, target, { timeout_ms: 1500, ...entry })), peer };
}
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.fact];

proberContract({
  prober: elasticsearch,
  target: (port) => `elasticsearch://127.0.0.1:${String(port)}`,
  tlsTarget: (port) => `elasticsearch+https://127.0.0.1:${String(port)}`,
  healthy: () => startHttpPeer(HEALTHY),
  connections: 1,
  half: 12,
});

tlsContract({
  prober: elasticsearch,
  name: 'elasticsearch+https',
  target: (port) => `elasticsearch+https://localhost:${String(port)}`,
  start: (certificate) => startHttpPeer(HEALTHY, { certificate }),
});

describe('a faithful peer, by the documentation of Elasticsearch and OpenSearch', () => {
  it('green, with its facts', async () => {
    const result = await probe(HEALTHY);
    expect(result.reasons).toEqual([]);
    expect(result.facts).toMatchObject({
      health: 'green',
      leader: true,
      cluster: 'search',
      nodes: 3,
      data_nodes: 2,
      unassigned: 0,
      pending_tasks: 1,
      timed_out: false,
    });
    expect(result.peer.asked).toHaveLength(1);
    expect(result.peer.asked[0]).toMatch(/^GET \/_cluster\/health\?master_timeout=\d+ms$/);
  });

  it('yellow is degraded, red is down; both can be allowed', async () => {
    const of = (status: string): Routes => ({
      [ROUTE]: { body: { ...HEALTH, status, unassigned_shards: 4 } },
    });
    expect(verdict(await probe(of('yellow')))).toEqual(['degraded', 'replication', 'health']);
    expect(verdict(await probe(of('red')))).toEqual(['down', 'status', 'health']);
    const allowed = {
      expect: { health: ['green', 'yellow', 'red'] },
      prefer: { health: ['green', 'yellow', 'red'] },
    };
    expect((await probe(of('red'), allowed)).status).toBe('up');
  });

  it.each(['master_not_discovered_exception', 'cluster_manager_not_discovered_exception'])(
    'without a master (%s) it is quorum, and nothing else',
    async (type) => {
      const result = await probe({
        [ROUTE]: { status: 503, body: { error: { ...NO_MASTER.body.error, type } } },
      });
      expect(verdict(result)).toEqual(['down', 'quorum', 'leader']);
      expect(result.reasons).toHaveLength(1);
    },
  );

  it('a member that has not discovered its master yet', async () => {
    const result = await probe({ [ROUTE]: { body: { ...HEALTH, status: 'red', discovered_master: false } } });
    expect(verdict(result)).toEqual(['down', 'quorum', 'leader']);
  });

  it('a login: right, wrong, missing', async () => {
    const routes: Routes = {
      [ROUTE]: ({ headers }) =>
        headers.authorization === `Basic ${Buffer.from('probe:secret').toString('base64')}`
          ? { body: HEALTH }
          : { status: 401, body: { error: { type: 'security_exception' }, status: 401 } },
    };
    expect((await probe(routes, {}, '', 'probe:secret@')).reasons).toEqual([]);
    const wrong = await probe(routes, {}, '', 'probe:no@');
    expect([wrong.reason?.code, wrong.reason?.text]).toEqual([
      'auth',
      'the login was refused (401 for /_cluster/health)',
    ]);
    expect((await probe(routes)).reason?.text).toContain('it wants a login');
  });

  it('another failure of its own, and another service', async () => {
    const failing = { status: 500, body: { error: { type: 'exception', reason: 'disk \u001b[31mfull' } } };
    const result = await probe({ [ROUTE]: failing });
    expect(result.reason).toMatchObject({
      code: 'status',
      text: 'no health of a cluster (500): disk [31mfull',
    });
    const page = await probe({ [ROUTE]: { body: '<html>It works</html>' } });
    expect(page.reason).toMatchObject({ code: 'protocol', got: '<html>It works</html>' });
    expect(page.reason?.text).toContain('is it Elasticsearch?');
  });

  it('behind a prefix', async () => {
    const result = await probe({ 'GET /es/_cluster/health': { body: HEALTH } }, {}, '/es/');
    expect(result.reasons).toEqual([]);
  });
});
