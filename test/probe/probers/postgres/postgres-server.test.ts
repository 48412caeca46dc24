import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { postgres } from '../../../../lib/probe/probers/postgres.ts';
import type { Json } from '../../../../lib/words/json.ts';
import type { Result } from '../../../../lib/words/result.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { testCertificates } from '../../../servers/certificates.ts';
import { describeWith, until } from '../../../servers/daemon.ts';
import {
  POSTGRES_PROGRAMS,
  type Postgres,
  copyForReplica,
  showCertificate,
  startPostgres,
} from '../../../servers/postgres.ts';

const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];
const NO_TLS = { options: { starttls: 'never' } } as const;

describeWith(POSTGRES_PROGRAMS, 'a real PostgreSQL', () => {
  let server: Postgres;
  const others: { close(): unknown }[] = [];
  const owned = <T extends { close(): unknown }>(other: T): T => {
    others.push(other);
    return other;
  };
  beforeAll(async () => {
    server = await startPostgres();
  }, 240_000);
  afterAll(() => server.close());
  afterEach(async () => {
    for (const other of others.splice(0).reverse()) await other.close();
  });
  const probeAt = (port: number, login: string, database = '', entry: Entry = NO_TLS) =>
    probeTarget(postgres, `postgres://${login}127.0.0.1:${String(port)}/${database}`, {
      timeout_ms: 5000,
      ...entry,
    });
  const probe = (login: string, database = '', entry: Entry = NO_TLS) =>
    probeAt(server.port, login, database, entry);
  const query = (sql: string, entry: Entry = {}) =>
    probe('trusted@', 'shop', { ...entry, options: { starttls: 'never', query: sql } });

  const shared = () => Promise.resolve({ port: server.port, close: () => undefined });

  proberContract({
    prober: postgres,
    target: (port) => `postgres://scram:se%20cret@127.0.0.1:${String(port)}/shop`,
    entry: { options: { starttls: 'never', query: 'SELECT 1' }, timeout_ms: 5000 },
    healthy: shared,
  });

  describe('asked for TLS first', () => {
    proberContract({
      prober: postgres,
      target: (port) => `postgres://127.0.0.1:${String(port)}`,
      entry: { service: { tls: { verify: false } }, timeout_ms: 5000 },
      healthy: shared,
      half: 1,
    });
  });

  tlsContract({
    prober: postgres,
    name: 'postgres with TLS',
    target: (port) => `postgres://secure:se%20cret@localhost:${String(port)}/shop`,
    entry: { timeout_ms: 5000 },
    async start(certificate) {
      await server.reload(showCertificate(server.directory, certificate));
      return shared();
    },
  });

  test('healthy: its facts', async () => {
    const result = await probe('scram:se%20cret@', 'shop');
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({
      tls: false,
      authentication: 'scram-sha-256',
      loading: false,
      role: 'primary',
      read_only: false,
      max_connections: 20,
    });
    expect(result.facts['version']).toMatch(/^\d+\.\d+$/);
    expect(result.facts['connections']).toBeGreaterThan(0);
    expect(result.facts['connections_percent']).toBeLessThan(50);
    for (const absent of ['link', 'replica_lag_s', 'rows', 'value', 'sqlstate'])
      expect(result.facts).not.toHaveProperty(absent);
  });

  test('the scheme postgresql is the same, and the database is the user’s without a path', async () => {
    const result = await probeTarget(
      postgres,
      `postgresql://trusted@127.0.0.1:${String(server.port)}`,
      NO_TLS,
    );
    expect(verdict(result)).toEqual(['down', 'status', 'protocol', null]);
    expect(result.reason?.text).toContain('database "trusted" does not exist');
  });

  test.each([
    ['SCRAM', 'scram', 'scram-sha-256'],
    ['MD5', 'md5er', 'md5'],
  ])('a login by %s without TLS: right, wrong, without a password', async (_, user, method) => {
    const right = await probe(`${user}:se%20cret@`, 'shop');
    expect(right.status, JSON.stringify(right.reasons)).toBe('up');
    expect(right.facts['authentication']).toBe(method);
    const wrong = await probe(`${user}:wrong@`, 'shop');
    expect(verdict(wrong)).toEqual(['down', 'auth', 'auth', null]);
    expect(wrong.facts).toMatchObject({ authentication: method, sqlstate: '28P01' });
    const without = await probe(`${user}@`, 'shop');
    expect(verdict(without)).toEqual(['down', 'auth', 'auth', null]);
    expect(without.reason?.text).toContain('the target has none');
  });

  test('the bare password goes inside TLS alone, unless it may be seen', async () => {
    const secured: Entry = { service: { tls: { ca: testCertificates().ca } } };
    await server.reload(showCertificate(server.directory, testCertificates().valid));
    const inside = await probe('plain:se%20cret@', 'shop', secured);
    expect(inside.status, JSON.stringify(inside.reasons)).toBe('up');
    expect(inside.facts).toMatchObject({ tls: true, authentication: 'password' });
    expect(verdict(await probe('plain:wrong@', 'shop', secured))).toEqual(['down', 'auth', 'auth', null]);
    const outside = await probe('plain:se%20cret@', 'shop');
    expect(verdict(outside)).toEqual(['down', 'auth', 'auth', null]);
    expect(outside.reason?.text).toContain('not sent without TLS');
    const allowed = { options: { starttls: 'never', allow_plaintext: true } };
    expect((await probe('plain:se%20cret@', 'shop', allowed)).status).toBe('up');
  });

  test('nobody logs in: a server that wants a password works so far', async () => {
    const result = await probe('', 'shop');
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ authentication: 'scram-sha-256', loading: false });
    expect(result.facts).not.toHaveProperty('role');
  });

  test.each([
    ['a host or user that pg_hba.conf rejects', 'banned@', 'shop', ['auth', 'auth', null], '28000'],
    ['no entry for it in pg_hba.conf', 'nobody:x@', 'shop', ['auth', 'auth', null], '28000'],
    ['TLS that this user must have', 'secure:se%20cret@', 'shop', ['auth', 'auth', null], '28000'],
    ['a database that does not exist', 'trusted@', 'none', ['status', 'protocol', null], '3D000'],
    ['a database that is not for this user', 'trusted@', 'private', ['auth', 'auth', null], '42501'],
    ['too many connections of this user', 'limited@', 'shop', ['overloaded', 'protocol', null], '53300'],
  ])('%s', async (_, login, database, expected, sqlstate) => {
    const result = await probe(login, database);
    expect(verdict(result), JSON.stringify(result.reasons)).toEqual(['down', ...expected]);
    expect(result.facts['sqlstate']).toBe(sqlstate);
  });

  test('TLS that must be there and is not offered', async () => {
    await server.reload({ ssl: 'off' });
    const result = await probe('trusted@', 'shop', { options: { starttls: 'require' } });
    expect(verdict(result)).toEqual(['down', 'tls_handshake', 'tls', null]);
    const plain = await probe('trusted@', 'shop', {});
    expect(plain.status, JSON.stringify(plain.reasons)).toBe('up');
    expect(plain.facts['tls']).toBe(false);
    await server.reload({ ssl: 'on' });
  });

  test('a client certificate that it wants: missing, then shown', async () => {
    const { ca, client } = testCertificates();
    const settings = showCertificate(server.directory, { cert: ca, key: testCertificates().valid.key });
    await server.reload({ ssl_ca_file: settings['ssl_cert_file'] ?? '' });
    const tls = { service: { tls: { ca } } };
    const missing = await probe('careful@', 'shop', tls);
    expect(verdict(missing)).toEqual(['down', 'auth', 'auth', null]);
    expect(missing.reason?.text).toContain('certificate');
    const shown = await probe('careful@', 'shop', {
      service: { tls: { ca, cert: client.cert, key: client.key } },
    });
    expect(shown.status, JSON.stringify(shown.reasons)).toBe('up');
    await server.reload({ ssl_ca_file: '' });
  });

  test.each<[string, string, { rows: number; value?: Json }]>([
    ['an integer', 'SELECT count(*) FROM generate_series(1, 7)', { rows: 1, value: 7 }],
    ['a negative smallint', 'SELECT -3::int2', { rows: 1, value: -3 }],
    ['a numeric', 'SELECT 12.50', { rows: 1, value: 12.5 }],
    ['a float', 'SELECT 1e-3::float8', { rows: 1, value: 0.001 }],
    ['what is no number', "SELECT 'NaN'::float8", { rows: 1, value: 'NaN' }],
    ['more than 2^53', 'SELECT 9007199254740993', { rows: 1, value: '9007199254740993' }],
    ['true', 'SELECT 1 < 2', { rows: 1, value: true }],
    ['text', "SELECT 'héllo', 2", { rows: 1, value: 'héllo' }],
    ['digits as text', "SELECT '0815'::text", { rows: 1, value: '0815' }],
    ['a document', `SELECT '{"a": [1, null]}'::jsonb`, { rows: 1, value: { a: [1, null] } }],
    ['a date', "SELECT date '2026-01-31'", { rows: 1, value: '2026-01-31' }],
    ['NULL', 'SELECT NULL::int', { rows: 1 }],
    ['several rows', 'SELECT * FROM generate_series(5, 7)', { rows: 3, value: 5 }],
    ['no row', 'SELECT 1 WHERE false', { rows: 0 }],
    ['more rows than are counted', 'SELECT * FROM generate_series(1, 20000)', { rows: 10_000, value: 1 }],
    ['a setting', 'SHOW transaction_read_only', { rows: 1, value: 'on' }],
    ['a notice on the way', 'SELECT 4 /* ; */', { rows: 1, value: 4 }],
  ])('a query that gives %s', async (_, sql, expected) => {
    const result = await query(sql);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts['rows']).toBe(expected.rows);
    expect(result.facts['value']).toEqual(expected.value ?? null);
  });

  test.each([
    ['a mistake in it', 'SELEKT 1', ['status', 'protocol'], '42601'],
    ['a table that is missing', 'SELECT 1 FROM nowhere', ['status', 'protocol'], '42P01'],
    [
      'an error in a later row',
      'SELECT 1 / (3 - n) FROM generate_series(1, 5) n',
      ['status', 'protocol'],
      '22012',
    ],
    ['a table that is not for this user', 'SELECT * FROM pg_authid', ['auth', 'auth'], '42501'],
    ['writing', 'CREATE TABLE written (n int)', ['status', 'protocol'], '25006'],
    ['two statements', 'COMMIT; CREATE TABLE written (n int)', ['status', 'protocol'], '42601'],
  ])('a query refused for %s', async (_, sql, expected, sqlstate) => {
    const result = await query(sql);
    expect(verdict(result), JSON.stringify(result.reasons)).toEqual(['down', ...expected, null]);
    expect(result.facts).toMatchObject({ sqlstate, role: 'primary', read_only: false });
  });

  test('a query that copies gives no rows', async () => {
    const result = await query('COPY (SELECT 1) TO STDOUT');
    expect(verdict(result)).toEqual(['down', 'status', 'protocol', null]);
    expect(result.reason?.text).toContain('expected a query that gives rows');
  });

  test('a query that takes too long is ended by the server itself', async () => {
    const result = await query('SELECT pg_sleep(5)', { timeout_ms: 900 });
    expect(verdict(result)).toEqual(['down', 'timeout', 'protocol', null]);
    const running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'";
    await until('the query to end', async () => (await server.sql(running)) === '0');
  });

  test('values and lag are expected, and facts of a busy server warn', async () => {
    const entry = { expect: { value: '< 5' }, prefer: { connections_percent: '< 1' } };
    const result = await query('SELECT 7', entry);
    expect(verdict(result)).toEqual(['down', 'assertion', 'expect', 'value']);
    expect(result.reasons[1]).toMatchObject({ code: 'overloaded', fact: 'connections_percent' });
  });

  test('read-only for all is read_only; for this user, it is the user’s affair', async () => {
    await server.sql('ALTER ROLE trusted SET default_transaction_read_only = on');
    const careful = await probe('trusted@', 'shop');
    expect(careful.status, JSON.stringify(careful.reasons)).toBe('up');
    await server.sql('ALTER ROLE trusted RESET ALL');
    expect(verdict(await probe('trusted@', 'frozen'))).toEqual(['down', 'read_only', 'expect', 'read_only']);
    await server.reload({ default_transaction_read_only: 'on' });
    const whole = await probe('trusted@', 'shop');
    expect(verdict(whole)).toEqual(['down', 'read_only', 'expect', 'read_only']);
    expect(whole.facts['role']).toBe('primary');
    const allowed = await probe('trusted@', 'shop', { ...NO_TLS, expect: { read_only: [true, false] } });
    expect(allowed.status).toBe('up');
    await server.reload({ default_transaction_read_only: 'off' });
  });

  test('too many connections: overloaded, before and after the login', async () => {
    const holders: Socket[] = [];
    const hold = async () => {
      const socket = connect({ port: server.port, host: '127.0.0.1' });
      holders.push(socket);
      socket.write(startupAs('admin'));
      let heard = '';
      while (!heard.includes('Z\0\0\0\x05I') && !heard.includes('FATAL'))
        heard += String((await once(socket, 'data'))[0]);
      return heard.includes('FATAL');
    };
    const reserved = 3;
    while (holders.length < 20 - reserved) await hold();
    const late = await probe('trusted@', 'shop');
    expect(verdict(late)).toEqual(['down', 'overloaded', 'protocol', null]);
    expect(late.facts).toMatchObject({ sqlstate: '53300' });
    while (!(await hold()));
    const early = await probe('', 'shop');
    expect(verdict(early)).toEqual(['down', 'overloaded', 'protocol', null]);
    for (const socket of holders) socket.destroy();
    await until('them to be gone', async () => (await probe('trusted@', 'shop')).status === 'up');
  });

  test('frozen: timeout; then another session is ended, and then it is shutting down, and refused', async () => {
    const other = owned(await startPostgres());
    other.signal('SIGSTOP');
    const frozen = await probeAt(other.port, 'trusted@', 'shop', { ...NO_TLS, timeout_ms: 300 });
    expect(verdict(frozen)).toEqual(['down', 'timeout', 'protocol', null]);
    other.signal('SIGCONT');
    await until('it to go on', async () => (await probeAt(other.port, 'trusted@', 'shop')).status === 'up');
    const asking = probeAt(other.port, 'trusted@', 'shop', {
      options: { starttls: 'never', query: 'SELECT pg_sleep(20)' },
      timeout_ms: 20_000,
    });
    const ours = "SELECT pid FROM pg_stat_activity WHERE usename = 'trusted'";
    await until('it to ask', async () => (await other.sql(`${ours} AND state = 'active'`)) !== '');
    await other.sql(`SELECT pg_terminate_backend(pid) FROM (${ours}) AS them`);
    const ended = await asking;
    expect(verdict(ended), JSON.stringify(ended.reasons)).toEqual(['down', 'status', 'protocol', null]);
    expect(ended.facts).toMatchObject({ sqlstate: '57P01', role: 'primary' });

    const holder = connect({ port: other.port, host: '127.0.0.1' });
    holder.write(startupAs('trusted'));
    let heard = '';
    while (!heard.includes('Z\0\0\0\x05I')) heard += String((await once(holder, 'data'))[0]);
    process.kill(other.pid, 'SIGTERM');
    await until('it to be shutting down', () => other.output().includes('smart shutdown'));
    const ending = await probeAt(other.port, 'trusted@', 'shop');
    expect(verdict(ending)).toEqual(['down', 'status', 'protocol', null]);
    expect(ending.facts['sqlstate']).toBe('57P03');
    holder.destroy();
    await other.stop();
    expect(verdict(await probeAt(other.port, 'trusted@', 'shop'))).toEqual([
      'down',
      'refused',
      'connect',
      null,
    ]);
  });

  test('a replica: linked, late, cut off', async () => {
    const primary = owned(await startPostgres());
    const replica = owned(await startPostgres({ directory: copyForReplica(primary) }));
    const linked = () => probeAt(replica.port, 'monitor@', 'shop');
    await until('the link', async () => (await linked()).facts['link'] === 'up');
    const up = await linked();
    expect(up.status, JSON.stringify(up.reasons)).toBe('up');
    expect(up.facts).toMatchObject({ role: 'replica', link: 'up', replica_lag_s: 0 });
    expect(up.facts).not.toHaveProperty('read_only');
    expect((await probeAt(replica.port, 'trusted@', 'shop')).facts).toMatchObject({ link: 'up' });

    const lag = async () => (await probeAt(replica.port, 'trusted@', 'shop')).facts['replica_lag_s'];
    await primary.sql('CREATE TABLE replayed (n int)');
    await until(
      'it to be replayed',
      async () => (await replica.sql("SELECT to_regclass('replayed')")) !== '',
    );
    expect(await lag()).toBe(0);
    // What it receives from now on it does not replay.
    await replica.sql('SELECT pg_wal_replay_pause()');
    await primary.sql('CREATE TABLE late (n int)');
    await until('it to be late', async () => Number(await lag()) > 0);
    const impatient = { ...NO_TLS, expect: { replica_lag_s: '< 0.001s' } };
    expect(verdict(await probeAt(replica.port, 'trusted@', 'shop', impatient))).toEqual([
      'down',
      'replication',
      'expect',
      'replica_lag_s',
    ]);
    await replica.sql('SELECT pg_wal_replay_resume()');

    await primary.stop();
    await until('the cut', async () => (await linked()).facts['link'] === 'down');
    const cut = await linked();
    expect(verdict(cut)).toEqual(['down', 'replication', 'expect', 'link']);
    // A user who may not see the settings cannot tell it from one that is fed from an archive.
    const blind = await probeAt(replica.port, 'trusted@', 'shop');
    expect(blind.status, JSON.stringify(blind.reasons)).toBe('up');
    expect(blind.facts['link']).toBeNull();
    expect(blind.facts['replica_lag_s']).toBeGreaterThan(0);
  });

  test('starting up is loading, and the config can allow it; a standby that takes nobody is not starting', async () => {
    const primary = owned(await startPostgres());
    const directory = copyForReplica(primary);
    const settings = { primary_conninfo: '', restore_command: 'sleep 60' };
    const starting = owned(await startPostgres({ directory, settings, ready: false }));
    const result = await probeAt(starting.port, 'scram:se%20cret@', 'shop');
    expect(verdict(result)).toEqual(['down', 'loading', 'expect', 'loading']);
    expect(result.facts).toMatchObject({ loading: true, sqlstate: '57P03' });
    expect(result.output).toContain('starting up');
    expect(verdict(await probeAt(starting.port, ''))).toEqual(['down', 'loading', 'expect', 'loading']);
    const allowed = { ...NO_TLS, expect: { loading: [true, false] } };
    expect((await probeAt(starting.port, 'trusted@', 'shop', allowed)).status).toBe('up');
    await starting.stop();

    const cold = { primary_conninfo: '', restore_command: '', hot_standby: 'off' };
    const standby = owned(await startPostgres({ directory, settings: cold, ready: false }));
    await until(
      'it to have started',
      async () => (await probeAt(standby.port, 'trusted@', 'shop')).reason?.code === 'status',
    );
    const never = await probeAt(standby.port, 'trusted@', 'shop');
    expect(verdict(never)).toEqual(['down', 'status', 'protocol', null]);
    expect(never.reason?.text).toContain('Hot standby mode is disabled');
  });
});

/** The first message of a client that is let in without a password. */
function startupAs(user: string): Buffer {
  const body = Buffer.from(`\0\x03\0\0user\0${user}\0database\0shop\0\0`);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 4);
  return Buffer.concat([length, body]);
}
