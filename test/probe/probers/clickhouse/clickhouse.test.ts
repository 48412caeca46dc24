import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import type { Traced } from '../../../../lib/probe/wire/trace.ts';
import { clickhouse } from '../../../../lib/probe/probers/clickhouse.ts';
import { text, varint } from '../../../../lib/probe/probers/clickhouse/packets.ts';
import { listen } from '../../../contract/misbehaving-server.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import {
  CLICKHOUSE_PROGRAMS,
  CLICKHOUSE_USER,
  type Clickhouse,
  startClickhouse,
} from '../../../servers/clickhouse.ts';
import { describeWith } from '../../../servers/daemon.ts';
import { startPeer } from '../../../servers/secure-peer.ts';

const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase];
const explain = (result: Result) => JSON.stringify(result.reasons);
const at = (port: number, login = '', rest = '') => `clickhouse://${login}127.0.0.1:${String(port)}${rest}`;
const probe = (port: number, login = '', rest = '', entry: Entry = {}) =>
  probeTarget(clickhouse, at(port, login, rest), { timeout_ms: 5000, ...entry });
const LOGIN = `${CLICKHOUSE_USER.name}:${encodeURIComponent(CLICKHOUSE_USER.password)}@`;

const closers: (() => unknown)[] = [];
const owned = <T extends { close(): unknown }>(server: T): T => {
  closers.push(() => server.close());
  return server;
};
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

describeWith(CLICKHOUSE_PROGRAMS, 'a real clickhouse-server', () => {
  let server: Clickhouse;
  beforeAll(async () => (server = await startClickhouse()), 60_000);
  afterAll(() => server.close());

  proberContract({
    prober: clickhouse,
    target: (port) => at(port, LOGIN),
    tlsTarget: (port) => at(port, LOGIN, '/?tls=true'),
    healthy: async () => ({ port: server.port, close: () => undefined }),
  });

  test('healthy: its facts', async () => {
    const result = await probe(server.port);
    expect(result.status, explain(result)).toBe('up');
    expect(result.facts).toMatchObject({
      product: 'ClickHouse',
      readonly_tables: 0,
      replica_lag_s: 0,
      tls: false,
    });
    expect(result.facts['version']).toMatch(/^\d+\.\d+\.\d+$/);
  });

  test('a password: right, wrong, and a user that does not exist', async () => {
    const right = await probe(server.port, LOGIN);
    expect(right.status, explain(right)).toBe('up');
    expect(verdict(await probe(server.port, 'probe:wrong@'))).toEqual(['down', 'auth', 'auth']);
    const missing = await probe(server.port, 'nobody:x@');
    expect(verdict(missing)).toEqual(['down', 'auth', 'auth']);
    expect(missing.reason?.text).toContain('nobody');
  });

  test('a database that is there, and one that is not', async () => {
    expect((await probe(server.port, '', '/system')).status).toBe('up');
    const missing = await probe(server.port, '', '/nothing');
    expect(verdict(missing)).toEqual(['down', 'status', 'protocol']);
    expect(missing.reason?.text).toContain('does not have the database');
  });

  test.each([
    ['toUInt8(200)', 200],
    ['toInt64(-5)', -5],
    ['toUInt64(18446744073709551615)', '18446744073709551615'],
    ['toFloat64(2.5)', 2.5],
    ['toFloat32(0.25)', 0.25],
    ["'ü text'", 'ü text'],
    ["toFixedString('abc', 8)", 'abc'],
    ["toDate('2026-01-31')", '2026-01-31'],
    ["toDateTime('2026-01-31 12:00:00', 'UTC')", '2026-01-31T12:00:00.000Z'],
    ['toNullable(3)', 3],
    ['CAST(NULL AS Nullable(Int32))', null],
    ["CAST('open' AS Enum8('open' = 1, 'closed' = 2))", 'open'],
    ['toDecimal32(-3.14, 2)', -3.14],
    ['toDecimal128(3.14, 4)', 3.14],
    ["toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0')", '61f0c404-5cb3-11e7-907b-a6006ad3dba0'],
  ])('a value %s', async (expression, value) => {
    const result = await probe(server.port, LOGIN, '', {
      options: { query: `SELECT ${expression}, 'more'` },
    });
    expect(result.status, explain(result)).toBe('up');
    expect([result.facts['value'] ?? null, result.facts['rows']]).toEqual([value, 1]);
  });

  test('many rows, and none', async () => {
    const query = 'SELECT number, toString(number) FROM system.numbers LIMIT 100000';
    const many = await probe(server.port, '', '', {
      options: { query },
      expect: { rows: 100_000, value: 0 },
    });
    expect(many.status, explain(many)).toBe('up');
    const none = await probe(server.port, '', '', {
      options: { query: 'SELECT 1 WHERE 0' },
      expect: { rows: 0 },
    });
    expect(none.status, explain(none)).toBe('up');
  });

  test('totals and progress are no rows', async () => {
    const query =
      'SELECT number % 3 AS k, count() FROM (SELECT number FROM system.numbers LIMIT 30) GROUP BY k WITH TOTALS';
    const result = await probe(server.port, '', '', { options: { query }, expect: { rows: 3 } });
    expect(result.status, explain(result)).toBe('up');
  });

  test.each([
    ['SELECT nonsense(', 'status'],
    ['SELECT * FROM nothing', 'status'],
    ['SELECT throwIf(number = 2) FROM system.numbers', 'status'],
  ])('a query that fails: %s', async (query, code) => {
    const result = await probe(server.port, '', '', { options: { query } });
    expect(verdict(result)).toEqual(['down', code, 'protocol']);
    expect(result.facts['version']).toBeTypeOf('string');
  });

  test('a query that has not the memory is overloaded', async () => {
    const query = 'SELECT groupArray(number) FROM (SELECT number FROM system.numbers LIMIT 10000000)';
    const result = await probe(server.port, 'limited@', '', { options: { query } });
    expect(verdict(result)).toEqual(['down', 'overloaded', 'protocol']);
  });

  test('a type that puptime does not read is told', async () => {
    const result = await probe(server.port, '', '', { options: { query: 'SELECT [1, 2]' } });
    expect([result.status, result.reason?.code]).toEqual(['unknown', 'tool_missing']);
    expect(result.reason?.text).toContain('Array(UInt8)');
  });

  test('a result without measure is too large', async () => {
    const query = 'SELECT number FROM system.numbers';
    const result = await probe(server.port, '', '', { options: { query }, timeout_ms: 10_000 });
    expect(verdict(result)).toEqual(['down', 'too_large', 'protocol']);
  });

  test('a user that is read-only gets its answers', async () => {
    const query = "SELECT value FROM system.settings WHERE name = 'readonly'";
    const result = await probe(server.port, LOGIN, '', { options: { query }, expect: { value: '1' } });
    expect(result.status, explain(result)).toBe('up');
  });

  test('frozen: a timeout', async () => {
    server.signal('SIGSTOP');
    const result = await probe(server.port, '', '', { timeout_ms: 300 });
    server.signal('SIGCONT');
    expect(verdict(result)).toEqual(['down', 'timeout', 'protocol']);
  });
});

describeWith(CLICKHOUSE_PROGRAMS, 'a clickhouse-server that is full', () => {
  test('too many queries at once are overloaded', async () => {
    const config = '<max_concurrent_queries>1</max_concurrent_queries>';
    const server = owned(await startClickhouse({ config }));
    const query = 'SELECT sleep(2)';
    const busy = probe(server.port, '', '', { options: { query } });
    let result: Result | undefined;
    for (let turn = 0; turn < 20 && result?.reason?.code !== 'overloaded'; turn += 1)
      result = await probe(server.port);
    expect(result === undefined ? [] : verdict(result)).toEqual(['down', 'overloaded', 'protocol']);
    await busy;
  }, 60_000);
});

describeWith(CLICKHOUSE_PROGRAMS, 'a real clickhouse-server with TLS', () => {
  test('is up by tls=true, and not without', async () => {
    const { testCertificates } = await import('../../../servers/certificates.ts');
    const server = owned(await startClickhouse({ certificate: testCertificates().valid }));
    const service = { tls: { ca: testCertificates().ca } };
    const result = await probe(server.port, LOGIN, '/?tls=true', { service });
    expect(result.status, explain(result)).toBe('up');
    expect(result.facts['tls']).toBe(true);
    expect((await probe(server.port, LOGIN)).status).toBe('down');
  }, 60_000);
});

/** A server of a later version in the few words that it needs, by the documentation of the native protocol. */
function laterServer(exception?: readonly [number: number, message: string]): (socket: Socket) => void {
  const refusal = ([number, message]: readonly [number, string]) => {
    const code = Buffer.alloc(4);
    code.writeInt32LE(number);
    const one = [code, text('DB::Exception'), text(`DB::Exception: ${message}`), text('0. stack')];
    return Buffer.concat([varint(2), ...one, Buffer.of(1), ...one, Buffer.of(0)]);
  };
  const hello = Buffer.concat([
    ...[varint(0), text('ClickHouse'), varint(24), varint(8), varint(54_470)],
    ...[text('UTC'), text('db1'), varint(4)],
  ]);
  const column = (name: string, value: number) => {
    const cell = Buffer.alloc(8);
    cell.writeBigUInt64LE(BigInt(value));
    return Buffer.concat([text(name), text('UInt64'), cell]);
  };
  const info = Buffer.from([1, 0, 2, 255, 255, 255, 255, 0]);
  const block = Buffer.concat([
    varint(1),
    text(''),
    info,
    varint(2),
    varint(1),
    column('a', 2),
    column('b', 70),
  ]);
  return (socket) => {
    let turn = 0;
    socket.on('data', () => {
      turn += 1;
      if (turn === 1) socket.write(exception === undefined ? hello : refusal(exception));
      if (turn === 2) socket.write(varint(4));
      if (turn === 3) socket.write(Buffer.concat([block, varint(5)]));
    });
  };
}

describe('clickhouse, to a peer that speaks as later versions do', () => {
  test('replicated tables that take no writes', async () => {
    const peer = owned(await startPeer(laterServer()));
    const result = await probe(peer.port);
    expect(verdict(result)).toEqual(['down', 'read_only', 'expect']);
    expect(result.facts).toMatchObject({
      version: '24.8.4',
      readonly_tables: 2,
      replica_lag_s: 70,
      display_name: 'db1',
    });
    const allowed = await probe(peer.port, '', '', { expect: { readonly_tables: '<= 2' } });
    expect(allowed.status, explain(allowed)).toBe('up');
  });

  test('no transcript shows the password', async () => {
    const server = owned(await startPeer(laterServer()));
    const said: string[] = [];
    const trace = (entry: Traced) => {
      if (entry.kind === 'sent') said.push(Buffer.from(entry.bytes).toString('utf8'));
    };
    const entry = { expect: { readonly_tables: 2 } };
    const { status } = await probeTarget(clickhouse, at(server.port, 'probe:se%3Ac%3Aret@'), entry, {
      trace,
    });
    expect([status, said.length > 2]).toEqual(['up', true]);
    expect(said.join('\n')).toContain('***');
    expect(said.join('\n')).not.toContain('c:ret');
  });

  test.each([
    [516, 'auth', 'auth'],
    [195, 'auth', 'auth'],
    [81, 'status', 'protocol'],
    [202, 'overloaded', 'protocol'],
    [999, 'quorum', 'protocol'],
  ])('an exception %i instead of its hello', async (number, code, phase) => {
    const peer = owned(await startPeer(laterServer([number, 'for a reason'])));
    const result = await probe(peer.port);
    expect(verdict(result)).toEqual(['down', code, phase]);
    expect(result.reason?.text).toContain(`${String(number)} for a reason`);
  });

  test.each([
    ['a text without measure', Buffer.concat([varint(0), varint(2 ** 40)])],
    ['a number without end', Buffer.alloc(40, 0xff)],
  ])('%s', async (_, body) => {
    const peer = owned(await listen((socket) => void socket.once('data', () => socket.write(body))));
    expect(verdict(await probe(peer.port))).toEqual(['down', 'protocol', 'protocol']);
  });
});

tlsContract({
  prober: clickhouse,
  name: 'clickhouse with tls=true (a peer that speaks as later versions do)',
  target: (port) => `clickhouse://localhost:${String(port)}/?tls=true`,
  entry: { timeout_ms: 6000, expect: { readonly_tables: 2 } },
  start: (certificate) => startPeer(laterServer(), certificate),
});

describe('mistakes', () => {
  test.each([
    ['clickhouse://host/?tls=maybe', {}, 'expected true or false'],
    ['clickhouse://host/?secure=1', {}, 'saw the parameter secure'],
    ['clickhouse://host/', { query: 'DROP TABLE orders' }, 'expected a SELECT'],
  ])('%s with %j', (url, options, words) => {
    expect(() => jobFor(clickhouse, url, { options })).toThrow(words);
  });

  test('the port with TLS is another one', () => {
    expect(jobFor(clickhouse, 'clickhouse://host/?tls=true').probe.endpoint?.port).toBe(9440);
    expect(jobFor(clickhouse, 'clickhouse://host/').probe.endpoint?.port).toBe(9000);
  });
});
