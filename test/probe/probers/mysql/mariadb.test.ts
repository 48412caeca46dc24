import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type Socket, connect } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { mysql } from '../../../../lib/probe/probers/mysql.ts';
import type { Json } from '../../../../lib/words/json.ts';
import type { Result } from '../../../../lib/words/result.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { testCertificates } from '../../../servers/certificates.ts';
import { describeWith, freePort, until } from '../../../servers/daemon.ts';
import { MARIADB_PROGRAMS, type Mariadb, startMariadb } from '../../../servers/mariadb.ts';

const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];
const GALERA = ['/usr/lib/galera/libgalera_smm.so', '/usr/lib/libgalera_smm.so'].find(existsSync);
const NO_TLS = { options: { starttls: 'never' } } as const;

describeWith(MARIADB_PROGRAMS, 'a real MariaDB', () => {
  let server: Mariadb;
  const others: { close(): unknown }[] = [];
  const owned = <T extends { close(): unknown }>(other: T): T => {
    others.push(other);
    return other;
  };
  beforeAll(async () => {
    server = await startMariadb(['--log-bin=log', '--server-id=1']);
  }, 240_000);
  afterAll(() => server.close());
  afterEach(async () => {
    for (const other of others.splice(0).reverse()) await other.close();
  });
  const probeAt = (port: number, login: string, database = '', entry: Entry = NO_TLS) =>
    probeTarget(mysql, `mysql://${login}127.0.0.1:${String(port)}/${database}`, {
      timeout_ms: 5000,
      ...entry,
    });
  const probe = (login: string, database = 'shop', entry: Entry = NO_TLS) =>
    probeAt(server.port, login, database, entry);
  const query = (sql: string, entry: Entry = {}) =>
    probe('native:se%20cret@', 'shop', { ...entry, options: { starttls: 'never', query: sql } });
  const shared = () => Promise.resolve({ port: server.port, close: () => undefined });

  proberContract({
    prober: mysql,
    target: (port) => `mysql://native:se%20cret@127.0.0.1:${String(port)}/shop`,
    entry: { options: { starttls: 'never', query: 'SELECT 1' }, timeout_ms: 5000 },
    healthy: shared,
    // A MySQL server speaks first: who waits to be spoken to is silent.
    codes: { http: ['timeout'] },
    patient: ['http'],
  });

  tlsContract({
    prober: mysql,
    name: 'mysql with TLS',
    target: (port) => `mariadb://secure:se%20cret@localhost:${String(port)}/shop`,
    entry: { timeout_ms: 5000 },
    async start(certificate) {
      await server.show(certificate);
      return shared();
    },
  });

  test('healthy: its facts', async () => {
    const result = await probe('monitor:se%20cret@');
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({
      flavor: 'mariadb',
      tls: false,
      authentication: 'mysql_native_password',
      role: 'primary',
      read_only: false,
    });
    expect(result.facts['version']).toMatch(/^1\d\.\d+\.\d+$/);
    expect(result.facts['connections']).toBeGreaterThan(0);
    expect(result.facts['max_connections']).toBeGreaterThan(50);
    expect(result.facts['connections_percent']).toBeLessThan(50);
    expect(result.facts['uptime_s']).toBeGreaterThanOrEqual(0);
    for (const absent of ['link', 'replica_lag_s', 'rows', 'value', 'error_code', 'cluster_status'])
      expect(result.facts).not.toHaveProperty(absent);
  });

  test('a user who may not see the replication has no role to tell, and is up', async () => {
    const result = await probe('native:se%20cret@');
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).not.toHaveProperty('role');
    expect(result.facts['read_only']).toBe(false);
    expect(result.output).toContain('1227');
  });

  test('nobody logs in: a server that refuses a stranger works so far', async () => {
    const result = await probe('', '');
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ flavor: 'mariadb' });
    expect(result.facts).not.toHaveProperty('read_only');
  });

  test('a user without a password, by the other scheme, and no database', async () => {
    const target = `mariadb://nopassword@127.0.0.1:${String(server.port)}`;
    const result = await probeTarget(mysql, target, NO_TLS);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
  });

  test('a login by client_ed25519', async () => {
    const result = await probe('modern:se%20cret@');
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts['authentication']).toBe('client_ed25519');
  });

  test.each<[string, string, string, readonly (string | null)[], number]>([
    ['a wrong password by client_ed25519', 'modern:wrong@', 'shop', ['auth', 'auth', null], 1045],
    ['a wrong password', 'native:wrong@', 'shop', ['auth', 'auth', null], 1045],
    ['no password', 'native@', 'shop', ['auth', 'auth', null], 1045],
    ['an unknown user', 'nobody:x@', 'shop', ['auth', 'auth', null], 1045],
    ['a user who must have TLS', 'secure:se%20cret@', 'shop', ['auth', 'auth', null], 1045],
    ['a locked user', 'locked:se%20cret@', 'shop', ['auth', 'auth', null], 4151],
    ['a database that does not exist', 'monitor:se%20cret@', 'none', ['auth', 'auth', null], 1044],
    ['a database that is not for this user', 'native:se%20cret@', 'private', ['auth', 'auth', null], 1044],
  ])('%s', async (_, login, database, expected, number) => {
    const result = await probe(login, database);
    expect(verdict(result), JSON.stringify(result.reasons)).toEqual(['down', ...expected]);
    expect(result.facts['error_code']).toBe(number);
  });

  test('a database that does not exist, for one who may see all', async () => {
    await server.sql("GRANT SELECT ON *.* TO monitor@'127.0.0.1'");
    const result = await probe('monitor:se%20cret@', 'none');
    expect(verdict(result)).toEqual(['down', 'status', 'protocol', null]);
    expect(result.facts['error_code']).toBe(1049);
  });

  test('a user who has used up what is allowed: overloaded', async () => {
    const result = await probe('limited:se%20cret@');
    expect(verdict(result), JSON.stringify(result.reasons)).toEqual(['down', 'overloaded', 'protocol', null]);
    expect(result.facts['error_code']).toBe(1226);
  });

  test('a host from which nobody may come', async () => {
    const entry: Entry = { ...NO_TLS, service: { source: '127.0.0.2' } };
    const result = await probe('native:se%20cret@', 'shop', entry);
    expect(verdict(result), JSON.stringify(result.reasons)).toEqual(['down', 'auth', 'auth', null]);
    expect(result.facts['error_code']).toBe(1130);
  });

  test('a client certificate that it wants: missing, then shown', async () => {
    const { ca, client, valid } = testCertificates();
    await server.show(valid);
    const with_ = (tls: object): Entry => ({ service: { tls: { ca, ...tls } } });
    const missing = await probe('certified:se%20cret@', 'shop', with_({}));
    expect(verdict(missing)).toEqual(['down', 'auth', 'auth', null]);
    const shown = await probe('certified:se%20cret@', 'shop', with_({ cert: client.cert, key: client.key }));
    expect(shown.status, JSON.stringify(shown.reasons)).toBe('up');
    expect(shown.facts['tls']).toBe(true);
  });

  test.each<[string, string, { rows: number; value?: Json }]>([
    ['an integer', 'SELECT count(*) FROM seq_1_to_7', { rows: 1, value: 7 }],
    ['a negative number', 'SELECT -3', { rows: 1, value: -3 }],
    ['a decimal', 'SELECT 12.50', { rows: 1, value: 12.5 }],
    ['a float', 'SELECT 1e-3', { rows: 1, value: 0.001 }],
    ['more than 2^53', 'SELECT 9007199254740993', { rows: 1, value: '9007199254740993' }],
    ['true', 'SELECT 1 < 2', { rows: 1, value: 1 }],
    ['text', "SELECT 'héllo', 2", { rows: 1, value: 'héllo' }],
    ['digits as text', "SELECT '0815'", { rows: 1, value: '0815' }],
    ['a long text', "SELECT repeat('x', 300)", { rows: 1, value: 'x'.repeat(300) }],
    ['a date', "SELECT date '2026-01-31'", { rows: 1, value: '2026-01-31' }],
    ['NULL', 'SELECT NULL', { rows: 1 }],
    ['several rows', 'SELECT seq FROM seq_5_to_7', { rows: 3, value: 5 }],
    ['no row', 'SELECT 1 FROM seq_1_to_2 WHERE seq > 5', { rows: 0 }],
    ['more rows than are counted', 'SELECT seq FROM seq_1_to_20000', { rows: 10_000, value: 1 }],
    ['a setting', "SHOW VARIABLES LIKE 'tx_read_only'", { rows: 1, value: 'tx_read_only' }],
  ])('a query that gives %s', async (_, sql, expected) => {
    const result = await query(sql);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts['rows']).toBe(expected.rows);
    expect(result.facts['value']).toEqual(expected.value ?? null);
  });

  test.each<[string, string, readonly string[], number]>([
    ['a mistake in it', 'SELEKT 1', ['status', 'protocol'], 1064],
    ['a table that is missing', 'SELECT 1 FROM nowhere', ['status', 'protocol'], 1146],
    ['a table that is not for this user', 'SELECT * FROM mysql.user', ['auth', 'auth'], 1142],
    ['writing', 'CREATE TABLE written (n int)', ['status', 'protocol'], 1792],
    ['two statements', 'COMMIT; CREATE TABLE written (n int)', ['status', 'protocol'], 1064],
    [
      'rows in the middle of which it fails',
      'SELECT seq, 1 + (SELECT 1 UNION SELECT seq) FROM seq_1_to_3',
      ['status', 'protocol'],
      1242,
    ],
  ])('a query refused for %s', async (_, sql, expected, number) => {
    const result = await query(sql);
    expect(verdict(result), JSON.stringify(result.reasons)).toEqual(['down', ...expected, null]);
    expect(result.facts).toMatchObject({ error_code: number, read_only: false });
  });

  test('a query that takes too long is ended by the server itself', async () => {
    const result = await query('SELECT count(*) FROM seq_1_to_100000 a, seq_1_to_100000 b', {
      timeout_ms: 900,
    });
    expect(verdict(result), JSON.stringify(result.reasons)).toEqual(['down', 'timeout', 'protocol', null]);
    expect(result.facts['error_code']).toBe(1969);
  });

  test('read-only is read_only for a primary, and the config can allow it', async () => {
    await server.sql('SET GLOBAL read_only = 1');
    expect(verdict(await probe('monitor:se%20cret@'))).toEqual(['down', 'read_only', 'expect', 'read_only']);
    const allowed = { ...NO_TLS, expect: { read_only: [true, false] } };
    expect((await probe('monitor:se%20cret@', 'shop', allowed)).status).toBe('up');
    // Who may not see the role cannot tell it from a replica.
    const blind = await probe('native:se%20cret@');
    expect(blind.status).toBe('up');
    expect(blind.facts['read_only']).toBe(true);
    await server.sql('SET GLOBAL read_only = 0');
  });

  test('too many connections: overloaded', async () => {
    await server.sql('SET GLOBAL max_connections = 10');
    const holders: Socket[] = [];
    let refused = false;
    while (!refused) {
      const socket = connect({ port: server.port, host: '127.0.0.1' });
      holders.push(socket);
      refused = String((await once(socket, 'data'))[0]).includes('Too many connections');
    }
    for (const login of ['native:se%20cret@', '']) {
      const result = await probe(login);
      expect(verdict(result)).toEqual(['down', 'overloaded', 'protocol', null]);
      expect(result.facts['error_code']).toBe(1040);
    }
    for (const socket of holders) socket.destroy();
    await until('them to be gone', async () => (await probe('native:se%20cret@')).status === 'up');
    await server.sql('SET GLOBAL max_connections = 151');
  });

  test('a replica: linked, cut off, at odds with its primary; frozen, and gone', async () => {
    const replica = owned(await startMariadb(['--server-id=2', '--read-only=1', '--skip-slave-start']));
    const at = () => probeAt(replica.port, 'monitor:se%20cret@', 'shop');
    const position = await server.sql('SELECT @@global.gtid_binlog_pos');
    await replica.sql(`SET GLOBAL gtid_slave_pos = '${position}'; CHANGE MASTER TO master_host = '127.0.0.1',
      master_port = ${String(server.port)}, master_user = 'follower', master_password = 'se cret',
      master_use_gtid = slave_pos, master_connect_retry = 1; START SLAVE`);
    await until('the link', async () => (await at()).facts['link'] === 'up');
    const up = await at();
    expect(up.status, JSON.stringify(up.reasons)).toBe('up');
    expect(up.facts).toMatchObject({ role: 'replica', link: 'up', replica_lag_s: 0, read_only: true });

    await server.sql('CREATE TABLE shop.both (n int PRIMARY KEY)');
    await until('the table', async () => (await replica.sql("SHOW TABLES FROM shop LIKE 'both'")) !== '');
    await replica.sql('INSERT INTO shop.both VALUES (1)');
    await server.sql('INSERT INTO shop.both VALUES (1)');
    await until('them to be at odds', async () => (await at()).facts['link'] === 'down');
    const odds = await at();
    expect(verdict(odds)).toEqual(['down', 'replication', 'expect', 'link']);
    expect(odds.output).toContain('Duplicate entry');
    const allowed = { ...NO_TLS, expect: { link: ['up', 'down'] } };
    expect((await probeAt(replica.port, 'monitor:se%20cret@', 'shop', allowed)).status).toBe('up');
    await replica.sql('DELETE FROM shop.both; START SLAVE');
    await until('it to agree again', async () => (await at()).facts['link'] === 'up');

    await replica.sql('STOP SLAVE IO_THREAD');
    expect(verdict(await at())).toEqual(['down', 'replication', 'expect', 'link']);

    replica.signal('SIGSTOP');
    const frozen = { ...NO_TLS, timeout_ms: 300 };
    expect(verdict(await probeAt(replica.port, 'monitor:se%20cret@', 'shop', frozen))).toEqual([
      'down',
      'timeout',
      'protocol',
      null,
    ]);
    replica.signal('SIGCONT');
    await replica.stop();
    expect(verdict(await at())).toEqual(['down', 'refused', 'connect', null]);
  });

  test.skipIf(GALERA === undefined)('a Galera cluster: whole, then without its majority', async () => {
    const [group, transfer] = [String(await freePort()), String(await freePort())];
    const options = `gmcast.listen_addr=tcp://127.0.0.1:${group};ist.recv_addr=127.0.0.1:${transfer};pc.wait_prim_timeout=PT1S;pc.recovery=false`;
    const node = owned(
      await startMariadb([
        '--binlog-format=ROW',
        '--innodb-autoinc-lock-mode=2',
        '--wsrep-on=ON',
        `--wsrep-provider=${GALERA ?? ''}`,
        '--wsrep-cluster-address=gcomm://',
        '--wsrep-node-address=127.0.0.1',
        `--wsrep-provider-options=${options}`,
      ]),
    );
    const at = (entry: Entry = NO_TLS) => probeAt(node.port, 'native:se%20cret@', 'shop', entry);
    await until('it to be whole', async () => (await at()).facts['cluster_status'] === 'Primary');
    const whole = await at();
    expect(whole.status, JSON.stringify(whole.reasons)).toBe('up');
    expect(whole.facts).toMatchObject({ cluster_status: 'Primary', cluster_size: 1 });
    await node.sql("SET GLOBAL wsrep_cluster_address = 'gcomm://127.0.0.1:9'").catch(() => '');
    const lost = await at();
    expect(verdict(lost), JSON.stringify(lost.reasons)).toEqual([
      'down',
      'quorum',
      'expect',
      'cluster_status',
    ]);
    const asked = await at({ options: { starttls: 'never', query: 'SELECT count(*) FROM mysql.db' } });
    expect(verdict(asked), JSON.stringify(asked.reasons)).toEqual(['down', 'quorum', 'protocol', null]);
    expect(asked.facts['error_code']).toBe(1047);
  });

  test('TLS that must be there and is not offered', async () => {
    const plain = owned(await startMariadb(['--skip-ssl']));
    const result = await probeAt(plain.port, 'native:se%20cret@', 'shop', {
      options: { starttls: 'require' },
    });
    expect(verdict(result)).toEqual(['down', 'tls_handshake', 'tls', null]);
    const open = await probeAt(plain.port, 'native:se%20cret@', 'shop', {});
    expect(open.status, JSON.stringify(open.reasons)).toBe('up');
    expect(open.facts['tls']).toBe(false);
  });
});
