import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { postgres } from '../../../../lib/probe/probers/postgres.ts';
import type { Result } from '../../../../lib/words/result.ts';
import { probeTarget } from '../../../contract/probe-target.ts';
import { describeWith } from '../../../servers/daemon.ts';
import { PGBOUNCER_PROGRAMS, type Pgbouncer, startPgbouncer } from '../../../servers/pgbouncer.ts';
import { POSTGRES_PROGRAMS, type Postgres, startPostgres } from '../../../servers/postgres.ts';

const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase];

describeWith([...POSTGRES_PROGRAMS, ...PGBOUNCER_PROGRAMS], 'a real pgbouncer before a PostgreSQL', () => {
  let server: Postgres;
  let pooler: Pgbouncer | null = null;
  beforeAll(async () => {
    server = await startPostgres();
  }, 240_000);
  afterAll(() => server.close());
  afterEach(() => pooler?.close());
  const start = async (settings: { readonly [name: string]: string } = {}) => {
    pooler = await startPgbouncer(server.port, 'scram', settings);
    return pooler.port;
  };
  const probe = (port: number, path = '/shop', query?: string, password = 'se%20cret') =>
    probeTarget(postgres, `postgres://scram:${password}@127.0.0.1:${String(port)}${path}`, {
      options: query === undefined ? {} : { query },
      timeout_ms: 5000,
    });

  test('healthy: what is behind it is seen, and the pool keeps its server', async () => {
    const port = await start({ default_pool_size: '1' });
    for (const query of ['SELECT 41 + 1', 'SHOW transaction_read_only', 'SELECT count(*) FROM pg_class']) {
      const result = await probe(port, '/shop', query);
      expect(result.status, JSON.stringify(result.reasons)).toBe('up');
      expect(result.facts).toMatchObject({ role: 'primary', read_only: false, tls: false, rows: 1 });
      expect(result.facts['version']).toMatch(/^\d+\.\d+$/);
    }
    expect(pooler?.output()).not.toMatch(/unclean server|client disconnect while/);
    expect(pooler?.output().split('new connection to server')).toHaveLength(2);
  });

  test('a wrong password, and a database that it does not know', async () => {
    const port = await start();
    expect(verdict(await probe(port, '/shop', undefined, 'wrong'))).toEqual(['down', 'auth', 'auth']);
    const none = await probe(port, '/none');
    expect(verdict(none), JSON.stringify(none.reasons)).toEqual(['down', 'status', 'protocol']);
  });

  test('its console answers no such questions, and is up all the same', async () => {
    const result = await probe(await start(), '/pgbouncer');
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts['version']).toMatch(/\/bouncer$/);
    expect(result.facts).not.toHaveProperty('role');
  });

  test('no room for another client: overloaded', async () => {
    const result = await probe(await start({ max_client_conn: '0' }));
    expect(verdict(result), JSON.stringify(result.reasons)).toEqual(['down', 'overloaded', 'protocol']);
  });

  test('the server behind it is gone: silence, and then its own word', async () => {
    await server.stop();
    const result = await probe(await start({ query_wait_timeout: '1' }));
    expect(verdict(result), JSON.stringify(result.reasons)).toEqual(['down', 'status', 'protocol']);
    expect(result.reason?.text).toContain('got no connection to its server');
  });
});
