import { afterEach, describe, expect, it } from 'vitest';
import { couchdb } from '../../../../lib/probe/probers/couchdb.ts';
import type { Result } from '../../../../lib/words/result.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { type HttpPeer, type Routes, startHttpPeer } from '../../../servers/http-peer.ts';

const HEALTHY: Routes = {
  'GET /_up': { body: { status: 'ok', seeds: {} } },
  'GET /orders': { body: { db_name: 'orders', doc_count: 12, sizes: { file: 8192, active: 1 } } },
  'GET /locked': {
    status: 403,
    body: { error: 'forbidden', reason: 'You are not allowed to access this db.' },
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
  const target = `couchdb://${user}127.0.0.1:${String(peer.port)}${path}`;
  return { ...(await probeTarget(couchdb, target, { timeout_ms: 1500, ...entry })), peer };
}
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.fact];

proberContract({
  prober: couchdb,
  target: (port) => `couchdb://127.0.0.1:${String(port)}`,
  tlsTarget: (port) => `couchdb+https://127.0.0.1:${String(port)}`,
  healthy: () => startHttpPeer(HEALTHY),
  connections: 1,
  half: 12,
});

tlsContract({
  prober: couchdb,
  name: 'couchdb+https',
  target: (port) => `couchdb+https://localhost:${String(port)}`,
  start: (certificate) => startHttpPeer(HEALTHY, { certificate }),
});

describe('a faithful peer, by the documentation of CouchDB', () => {
  it('is up, alone and with a database', async () => {
    const alone = await probe(HEALTHY);
    expect(alone.reasons).toEqual([]);
    expect(alone.facts).toMatchObject({ health: 'ok', status: 200 });
    const result = await probe(HEALTHY, {}, '/orders');
    expect(result.reasons).toEqual([]);
    expect(result.facts).toMatchObject({ database: true, docs: 12, disk_size: 8192 });
    expect(result.peer.asked).toEqual(['GET /_up', 'GET /orders']);
  });

  it('maintenance is read_only', async () => {
    const result = await probe({ 'GET /_up': { status: 404, body: { status: 'maintenance_mode' } } });
    expect(verdict(result)).toEqual(['down', 'read_only', 'health']);
  });

  it('a database that is missing, and one that may not be read', async () => {
    const routes = {
      ...HEALTHY,
      'GET /gone': { status: 404, body: { error: 'not_found', reason: 'missing' } },
    };
    expect(verdict(await probe(routes, {}, '/gone'))).toEqual(['down', 'status', 'database']);
    expect((await probe(routes, {}, '/locked')).reason?.code).toBe('auth');
  });

  it('a name that no database has is a mistake of the config', () => {
    expect(() => jobFor(couchdb, 'couchdb://127.0.0.1:5984/Orders')).toThrow('no name of a database');
  });

  it('another service', async () => {
    expect((await probe({})).reason?.code).toBe('protocol');
  });
});
