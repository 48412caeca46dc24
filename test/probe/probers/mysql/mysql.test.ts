import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { InvalidOptions } from '../../../../lib/probe/prober.ts';
import { mysql } from '../../../../lib/probe/probers/mysql.ts';
import type { Traced } from '../../../../lib/probe/wire/trace.ts';
import type { Result } from '../../../../lib/words/result.ts';
import { type Peer, listen } from '../../../contract/misbehaving-server.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { testCertificates } from '../../../servers/certificates.ts';
import { describeWith } from '../../../servers/daemon.ts';
import { type MysqlPeerStart, OK, errorPacket, rowsOf, startMysqlPeer } from './mysql-peer.ts';

let peer: Peer | null = null;
afterEach(async () => {
  await peer?.close();
  peer = null;
});
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase];

async function probePeer(start: MysqlPeerStart, entry: Entry = {}, login = 'monitor:se%20cret@') {
  const started = await startMysqlPeer(start);
  peer = started;
  const result = await probeTarget(mysql, `mysql://${login}localhost:${String(started.port)}/shop`, {
    timeout_ms: 5000,
    ...entry,
    service: { ip: '4', ...entry.service },
  });
  return { result, logins: started.logins };
}

const ALLOWED: Entry = { options: { allow_plaintext: true } };

describe('a peer like MySQL 8, written from its documentation', () => {
  test.each<[string, MysqlPeerStart, Entry, string]>([
    ['caching_sha2_password, known to the cache', { cached: true }, {}, 'caching_sha2_password'],
    ['caching_sha2_password whole, for the server’s key', {}, ALLOWED, 'caching_sha2_password'],
    ['sha256_password for the server’s key', { wants: 'sha256_password' }, ALLOWED, 'sha256_password'],
    ['mysql_native_password', { wants: 'mysql_native_password' }, {}, 'mysql_native_password'],
    [
      'a switch from sha2 to native',
      { greets: 'caching_sha2_password', wants: 'mysql_native_password' },
      {},
      'mysql_native_password',
    ],
    [
      'a switch from native to sha2',
      { greets: 'mysql_native_password', cached: true },
      {},
      'caching_sha2_password',
    ],
    ['a switch from what nobody knows', { greets: 'odd', cached: true }, {}, 'caching_sha2_password'],
    ['mysql_clear_password', { wants: 'mysql_clear_password' }, ALLOWED, 'mysql_clear_password'],
  ])('%s: right and wrong', async (_, start, entry, plugin) => {
    const right = await probePeer(start, entry);
    expect(right.result.status, JSON.stringify(right.result.reasons)).toBe('up');
    expect(right.result.facts).toMatchObject({ version: '8.4.3', flavor: 'mysql', authentication: plugin });
    expect(right.logins).toEqual([`monitor by ${plugin}: right`]);
    await peer?.close();
    const wrong = await probePeer(start, entry, 'monitor:wrong@');
    expect(verdict(wrong.result)).toEqual(['down', 'auth', 'auth']);
    expect(wrong.result.facts['error_code']).toBe(1045);
  });

  test.each(['caching_sha2_password', 'sha256_password', 'mysql_clear_password'])(
    '%s whole without TLS: not sent',
    async (wants) => {
      const { result, logins } = await probePeer({ wants });
      expect(verdict(result)).toEqual(['down', 'auth', 'auth']);
      expect(result.reason?.text).toContain('not sent without TLS');
      expect(logins).toEqual([]);
    },
  );

  test.each(['caching_sha2_password', 'sha256_password', 'mysql_clear_password'])(
    '%s: no transcript shows the password',
    async (wants) => {
      const started = await startMysqlPeer({ wants });
      peer = started;
      const said: string[] = [];
      const trace = (entry: Traced) => {
        if (entry.kind === 'sent') said.push(Buffer.from(entry.bytes).toString('latin1'));
      };
      const target = `mysql://monitor:se%20cret@127.0.0.1:${String(started.port)}`;
      const { status } = await probeTarget(mysql, target, { ...ALLOWED, timeout_ms: 5000 }, { trace });
      expect(status).toBe('up');
      expect(said.length).toBeGreaterThan(3);
      expect(said.join('\n')).not.toContain('se cret');
      expect(said[0]).toBe('***');
    },
  );

  test.each(['dialog', 'authentication_ldap_sasl_client', 'x'.repeat(3000)])(
    'a plugin that puptime does not speak: %s',
    async (wants) => {
      const { result } = await probePeer({ wants, greets: 'mysql_native_password' });
      expect(verdict(result)).toEqual(['down', 'auth', 'auth']);
      expect(result.reason?.text).toContain('expected caching_sha2_password');
    },
  );

  test.each(['caching_sha2_password', 'sha256_password', 'mysql_native_password'])(
    'nobody logs in: refused by %s, so it works so far',
    async (wants) => {
      const { result } = await probePeer({ wants, cached: true }, {}, '');
      expect(result.status, JSON.stringify(result.reasons)).toBe('up');
      expect(result.facts).toMatchObject({ flavor: 'mysql', version: '8.4.3' });
    },
  );

  const channel = (io: string, sql: string, lag: string | null, error = '') => [io, sql, lag, error, ''];
  const COLUMNS = [
    ['Replica_IO_Running', 253],
    ['Replica_SQL_Running', 253],
    ['Seconds_Behind_Source', 8],
    ['Last_IO_Error', 253],
    ['Last_SQL_Error', 253],
  ] as const;

  test.each([
    ['both channels run', [channel('Yes', 'Yes', '3'), channel('Yes', 'Yes', '7')], 'up', 7],
    [
      'one channel does not',
      [channel('Yes', 'Yes', '3'), channel('Connecting', 'Yes', null, 'no way')],
      'down',
      3,
    ],
    ['it never began', [channel('No', 'No', null)], 'down', null],
  ] as const)('a replica of MySQL 8.4: %s', async (_, rows, link, lag) => {
    const answers = {
      'SHOW SLAVE STATUS': errorPacket(1064, 'no such words', '#42000'),
      'SHOW REPLICA STATUS': rowsOf(COLUMNS, rows),
    };
    const { result } = await probePeer({ cached: true, answers });
    expect(result.facts).toMatchObject({ role: 'replica', link, replica_lag_s: lag });
    expect(result.status).toBe(link);
    if (link === 'down') expect(verdict(result)).toEqual(['down', 'replication', 'expect']);
  });

  test('a replica of MySQL 5.7 tells it in the words of old', async () => {
    const old = COLUMNS.map(
      ([name, type]) => [name.replace('Replica', 'Slave').replace('Source', 'Master'), type] as const,
    );
    const answers = {
      'SHOW REPLICA STATUS': errorPacket(1064, 'no such words', '#42000'),
      'SHOW SLAVE STATUS': rowsOf(old, [channel('Yes', 'Yes', '0')]),
    };
    const start = { version: '5.7.44-log', wants: 'mysql_native_password', answers };
    const { result } = await probePeer(start);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ version: '5.7.44', role: 'replica', link: 'up', replica_lag_s: 0 });
  });

  test('a reader of Aurora is a replica, though it follows nobody', async () => {
    const settings = [
      ['aurora_version', '3.05'],
      ['innodb_read_only', 'ON'],
      ['read_only', 'ON'],
    ];
    const answers = {
      'SHOW GLOBAL VARIABLES': rowsOf(
        [
          ['n', 253],
          ['v', 253],
        ],
        settings,
      ),
    };
    const { result } = await probePeer({ cached: true, answers });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ role: 'replica', read_only: true });
  });

  test('a document as a value, and an error that keeps the facts', async () => {
    const query = { options: { query: 'SELECT doc FROM docs' } };
    const document = rowsOf([['doc', 245]], [['{"a": [1]}'], [null]]);
    const { result } = await probePeer({ cached: true, answers: { 'SELECT doc': document } }, query);
    expect(result.facts).toMatchObject({ rows: 2, value: { a: [1] } });
    await peer?.close();
    const dying = {
      cached: true,
      answers: { 'SELECT doc': errorPacket(1053, 'Server shutdown in progress', '#08S01') },
    };
    const dead = await probePeer(dying, query);
    expect(verdict(dead.result)).toEqual(['down', 'status', 'protocol']);
    expect(dead.result.facts).toMatchObject({ role: 'primary', error_code: 1053 });
  });

  test.each<[string, Buffer, readonly string[], string]>([
    ['asks for a file of ours', Buffer.from([0xfb, 0x2f]), ['protocol', 'protocol'], 'no set of rows'],
    ['has too many columns', Buffer.from([0xfc, 0xff, 0xff]), ['protocol', 'protocol'], 'no set of rows'],
    ['ends early', Buffer.from([0xfc, 1]), ['protocol', 'protocol'], 'ends too early'],
    ['is out of memory', errorPacket(1041, 'Out of memory'), ['overloaded', 'protocol'], '1041'],
    [
      'is read-only itself',
      errorPacket(1836, 'Running in read-only mode'),
      ['read_only', 'protocol'],
      '1836',
    ],
    [
      'has lost its cluster',
      errorPacket(1047, 'WSREP has not yet prepared node'),
      ['quorum', 'protocol'],
      'WSREP',
    ],
  ])('a server that %s', async (_, packet, expected, words) => {
    const { result } = await probePeer({ cached: true, answers: { 'SHOW GLOBAL STATUS': packet } });
    expect(verdict(result), result.reason?.text).toEqual(['down', ...expected]);
    expect(result.reason?.text).toContain(words);
  });
});

describeWith(['openssl'], 'a peer like MySQL 8 with TLS', () => {
  tlsContract({
    prober: mysql,
    name: 'mysql with caching_sha2_password inside TLS',
    target: (port) => `mysql://monitor:se%20cret@localhost:${String(port)}`,
    entry: { timeout_ms: 5000 },
    start: (tls) => startMysqlPeer({ tls }),
  });

  test.each(['caching_sha2_password', 'sha256_password', 'mysql_clear_password'])(
    '%s whole inside TLS: right and wrong',
    async (wants) => {
      const start = { wants, tls: testCertificates().valid };
      const entry: Entry = { service: { tls: { ca: testCertificates().ca } } };
      const right = await probePeer(start, entry);
      expect(right.result.status, JSON.stringify(right.result.reasons)).toBe('up');
      expect(right.result.facts).toMatchObject({ tls: true, authentication: wants });
      await peer?.close();
      const wrong = await probePeer(start, entry, 'monitor:wrong@');
      expect(verdict(wrong.result)).toEqual(['down', 'auth', 'auth']);
    },
  );
});

describe('a peer that says this as soon as it is called', () => {
  const packet = (payload: Buffer | string, number = 0) => {
    const bytes = Buffer.from(payload as string, 'latin1');
    return Buffer.concat([Buffer.from([bytes.length & 0xff, bytes.length >> 8, 0, number]), bytes]);
  };
  const greeting = (flags: string) =>
    `\x0a8.0.1\0\0\0\0\0abcdefgh\0${flags}\x2d\0\0\x08\0\x15${'\0'.repeat(10)}ijklmnopqrst\0mysql_native_password\0`;

  test.each<[string, Buffer, readonly string[], string]>([
    [
      'too many connections',
      packet(errorPacket(1040, 'Too many connections')),
      ['overloaded', 'protocol'],
      '1040',
    ],
    [
      'the same with a state',
      packet(errorPacket(1040, 'Too many connections', '#08004')),
      ['overloaded', 'protocol'],
      '1040 Too many',
    ],
    [
      'blocked',
      packet(errorPacket(1129, "Host 'x' is blocked")),
      ['status', 'protocol'],
      'has blocked this host',
    ],
    ['not allowed', packet(errorPacket(1130, "Host 'x' is not allowed")), ['auth', 'auth'], 'from this host'],
    [
      'no process',
      packet(errorPacket(1135, "Can't create a new thread")),
      ['overloaded', 'protocol'],
      '1135',
    ],
    ['version 9', packet('\x093.23.58\0abcd'), ['protocol', 'protocol'], 'version 9'],
    ['before 4.1', packet(greeting('\x01\0')), ['protocol', 'protocol'], 'before MySQL 4.1'],
    ['a greeting that ends early', packet('\x0a8.0.1\0\0\0'), ['protocol', 'protocol'], 'ends too early'],
    ['a version without end', packet('\x0a8.0.1'), ['protocol', 'protocol'], 'ends too early'],
    [
      'a number that is not the first',
      packet(greeting('\x01\x82'), 3),
      ['protocol', 'protocol'],
      'does not speak MySQL',
    ],
    [
      'what another protocol greets with',
      Buffer.from('* OK IMAP4rev1 ready\r\n'),
      ['protocol', 'protocol'],
      'IMAP4rev1',
    ],
  ])('%s', async (_, bytes, expected, words) => {
    peer = await listen((socket: Socket) => void socket.write(bytes));
    const target = `mysql://u:pw@127.0.0.1:${String(peer.port)}`;
    const result = await probeTarget(mysql, target, { timeout_ms: 3000 });
    expect(verdict(result), result.reason?.text).toEqual(['down', ...expected]);
    expect(result.reason?.text).toContain(words);
  });

  test.each<[string, Buffer, readonly string[], string]>([
    ['mysql_old_password', packet('\xfe', 2), ['auth', 'auth'], 'mysql_old_password'],
    ['no step', packet('\x07', 2), ['protocol', 'auth'], 'no step of a login'],
    ['a switch without a name', packet('\xfeabc', 2), ['protocol', 'protocol'], 'ends too early'],
    [
      'more for a plugin that has no more',
      packet('\x01\x04', 2),
      ['protocol', 'auth'],
      'no step of mysql_native',
    ],
    ['too much', Buffer.from([0xff, 0xff, 0xff, 2]), ['too_large', 'protocol'], '16777215 bytes'],
  ])('answers the login with %s', async (_, bytes, expected, words) => {
    peer = await listen((socket: Socket) => {
      socket.write(packet(greeting('\x01\x82')));
      socket.once('data', () => socket.write(bytes));
    });
    const target = `mysql://u:pw@127.0.0.1:${String(peer.port)}`;
    const result = await probeTarget(mysql, target, { timeout_ms: 3000, options: ALLOWED.options ?? {} });
    expect(verdict(result), result.reason?.text).toEqual(['down', ...expected]);
    expect(result.reason?.text).toContain(words);
  });

  test('switches without end', async () => {
    peer = await listen((socket: Socket) => {
      socket.write(packet(greeting('\x01\x82')));
      socket.on('data', () => socket.write(packet(`\xfemysql_native_password\0${'x'.repeat(20)}\0`, 2)));
    });
    const result = await probeTarget(mysql, `mysql://u:pw@127.0.0.1:${String(peer.port)}`, {
      timeout_ms: 3000,
    });
    expect(verdict(result)).toEqual(['down', 'protocol', 'auth']);
  });

  test('rows without end: too_large', async () => {
    peer = await listen((socket: Socket) => {
      socket.write(packet(greeting('\x01\x82')));
      socket.once('data', () => socket.write(packet(OK, 2)));
      socket.on('data', (data) => {
        if (data[4] === 0x0e) socket.write(packet(OK, 1));
        if (data[4] !== 0x03) return;
        for (const bytes of rowsOf([['a', 253]], []).slice(0, -1)) socket.write(packet(bytes));
        const row = packet('x'.repeat(60_000));
        const pour = () => {
          while (!socket.destroyed && socket.write(row));
        };
        socket.on('drain', pour);
        pour();
      });
    });
    const result = await probeTarget(mysql, `mysql://u:pw@127.0.0.1:${String(peer.port)}`, {
      timeout_ms: 20_000,
    });
    expect(verdict(result), result.reason?.text).toEqual(['down', 'too_large', 'protocol']);
  });
});

describe('mistakes of the user', () => {
  test.each([
    ['mysql://:pw@db.example.org', {}, 'target', 'a password but no user'],
    ['mysql://u:p%00@db.example.org', {}, 'target', '%00'],
    ['mysql://db.example.org/x?ssl-mode=required', {}, 'target', '?ssl-mode=, expected nothing'],
    ['mariadb://db.example.org/x', { query: 'SELECT 1' }, 'query', 'it needs a user'],
  ])('%s with %j', (target, options, key, text) => {
    const attempt = () => jobFor(mysql, target, { options });
    expect(attempt).toThrow(InvalidOptions);
    expect(attempt).toThrow(text);
    expect(attempt).toThrow(expect.objectContaining({ key }) as Error);
  });
});
