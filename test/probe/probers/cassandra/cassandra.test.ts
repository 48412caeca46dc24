import { afterEach, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import type { Traced } from '../../../../lib/probe/wire/trace.ts';
import { cassandra } from '../../../../lib/probe/probers/cassandra.ts';
import { listen } from '../../../contract/misbehaving-server.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { type CassandraSettings, TEXT, be, long, rows, short, startCassandra } from './cassandra-peer.ts';

const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase];
const explain = (result: Result) => JSON.stringify(result.reasons);

const closers: (() => unknown)[] = [];
const owned = <T extends { close(): unknown }>(server: T): T => {
  closers.push(() => server.close());
  return server;
};
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const start = async (settings: CassandraSettings = {}) => owned(await startCassandra(settings));
const at = (port: number, login = '', rest = '') => `cassandra://${login}127.0.0.1:${String(port)}${rest}`;
const probe = (port: number, login = '', rest = '', entry: Entry = {}) =>
  probeTarget(cassandra, at(port, login, rest), entry);
const user = { name: 'probe', password: 'se:cret ü' };
const LOGIN = `probe:${encodeURIComponent(user.password)}@`;

proberContract({
  prober: cassandra,
  target: (port) => at(port, LOGIN),
  tlsTarget: (port) => at(port, LOGIN, '/?tls=true'),
  healthy: () => startCassandra({ user }),
});

tlsContract({
  prober: cassandra,
  name: 'cassandra with tls=true',
  target: (port) => `cassandra://localhost:${String(port)}/?tls=true`,
  entry: { timeout_ms: 6000 },
  start: (certificate) => startCassandra({ certificate }),
});

describe('cassandra, to a peer written from the native protocol’s specification', () => {
  test('a node that lets everybody in: its facts', async () => {
    const server = await start();
    const result = await probe(server.port);
    expect(result.status, explain(result)).toBe('up');
    expect(result.facts).toMatchObject({
      version: '4.1.3',
      cluster: 'Test Cluster',
      data_center: 'dc1',
      rack: 'r1',
      peers: 2,
      cql_versions: ['3.4.6'],
      tls: false,
    });
    expect(result.facts).not.toHaveProperty('authenticator');
  });

  test('a password: right, wrong and missing', async () => {
    const server = await start({ user });
    const right = await probe(server.port, LOGIN);
    expect(right.status, explain(right)).toBe('up');
    expect(right.facts['authenticator']).toBe('PasswordAuthenticator');
    expect(verdict(await probe(server.port, 'probe:wrong@'))).toEqual(['down', 'auth', 'auth']);
    const missing = await probe(server.port);
    expect(verdict(missing)).toEqual(['down', 'auth', 'auth']);
    expect(missing.facts['authenticator']).toBe('PasswordAuthenticator');
  });

  test('no transcript shows the password', async () => {
    const server = await start({ user: { name: 'probe', password: 'se:c:ret' } });
    const said: string[] = [];
    const trace = (entry: Traced) => {
      if (entry.kind === 'sent') said.push(Buffer.from(entry.bytes).toString('utf8'));
    };
    const entry = {};
    const { status } = await probeTarget(cassandra, at(server.port, 'probe:se%3Ac%3Aret@'), entry, { trace });
    expect([status, said.length > 2]).toEqual(['up', true]);
    expect(said.join('\n')).toContain('***');
    expect(said.join('\n')).not.toContain('c:ret');
  });

  test('the authenticator of DataStax is told the mechanism first', async () => {
    const server = await start({ user, authenticator: 'com.datastax.bdp.cassandra.auth.DseAuthenticator' });
    const result = await probe(server.port, LOGIN);
    expect(result.status, explain(result)).toBe('up');
    expect(verdict(await probe(server.port, 'probe:wrong@'))).toEqual(['down', 'auth', 'auth']);
  });

  test('a keyspace that is there, and one that is not', async () => {
    const server = await start({ answers: { 'USE "no""pe"': [0x2200, "Keyspace 'no\"pe' does not exist"] } });
    expect((await probe(server.port, '', '/shop')).status).toBe('up');
    const missing = await probe(server.port, '', '/no%22pe');
    expect(verdict(missing)).toEqual(['down', 'status', 'protocol']);
    expect(missing.reason?.text).toContain('does not exist');
    expect(missing.facts['version']).toBe('4.1.3');
  });

  test.each([
    [0x1000, 'Cannot achieve consistency level QUORUM', 'quorum', 'protocol'],
    [0x1200, 'Operation timed out - received only 0 responses', 'quorum', 'protocol'],
    [0x1001, 'Server is in overload state', 'overloaded', 'protocol'],
    [0x2100, 'User probe has no SELECT permission', 'auth', 'auth'],
    [0x2000, 'line 1:0 no viable alternative', 'status', 'protocol'],
    [0x9999, 'something new', 'status', 'protocol'],
  ])('an error %i to the query', async (number, text, code, phase) => {
    const server = await start({ answers: { 'SELECT count': [number, text, be(4, 0)] } });
    const options = { query: 'SELECT count(*) FROM shop.orders', consistency: 'quorum' };
    const result = await probe(server.port, '', '', { options });
    expect(verdict(result)).toEqual(['down', code, phase]);
    expect(result.reason?.text).toContain(text);
  });

  test.each([
    [0x1002, 'loading'],
    [0x1001, 'overloaded'],
    [0x0000, 'status'],
    [0x000a, 'protocol'],
  ])('an error %i to the beginning', async (number, code) => {
    const server = await start({ startup: [number, 'not now'] });
    expect(verdict(await probe(server.port))).toEqual(['down', code, 'protocol']);
  });

  const double = Buffer.alloc(8);
  double.writeDoubleBE(2.5);
  test.each([
    ['int', be(2, 0x09), be(4, -7), -7],
    ['bigint', be(2, 0x02), be(8, 2n ** 40n), 2 ** 40],
    ['bigint beyond exactness', be(2, 0x02), be(8, 2n ** 60n), '1152921504606846976'],
    ['text', TEXT, Buffer.from('ü'), 'ü'],
    ['boolean', be(2, 0x04), be(1, 1), true],
    ['double', be(2, 0x07), double, 2.5],
    ['decimal', be(2, 0x06), Buffer.concat([be(4, 2), be(2, 314)]), 3.14],
    ['timestamp', be(2, 0x0b), be(8, 1_800_000_000_000), '2027-01-15T08:00:00.000Z'],
    ['uuid', be(2, 0x0c), Buffer.alloc(16, 1), '01010101-0101-0101-0101-010101010101'],
    ['blob', be(2, 0x03), Buffer.of(1, 2), '0x0102'],
    ['list of int', Buffer.concat([be(2, 0x20), be(2, 0x09)]), be(4, 0), '0x00000000'],
    [
      'user-defined type',
      Buffer.concat([be(2, 0x30), short('k'), short('t'), be(2, 1), short('f'), be(2, 0x09)]),
      be(4, 0),
      '0x00000000',
    ],
    ['null', TEXT, null, null],
  ])('a value of the type %s', async (_, type, cell, value) => {
    const server = await start({
      talkative: true,
      answers: { 'select v': rows([['v', type]], [[cell], [cell]]) },
    });
    const result = await probe(server.port, '', '', { options: { query: 'select v from t' } });
    expect(result.status, explain(result)).toBe('up');
    expect([result.facts['value'] ?? null, result.facts['rows']]).toEqual([value, 2]);
  });

  test('no rows', async () => {
    const server = await start({ answers: { SELECT: rows([['v', TEXT]], []) } });
    const result = await probe(server.port, '', '', {
      options: { query: 'SELECT v FROM t' },
      expect: { rows: 0 },
    });
    expect(result.status, explain(result)).toBe('up');
  });

  const deep = Buffer.concat([...Array.from({ length: 500 }, () => be(2, 0x20)), be(2, 0x09)]);
  test.each([
    ['types that are too deep', rows([['v', deep]], [])],
    ['rows that end too early', rows([['v', TEXT]], [[Buffer.from('abc')]]).subarray(0, -2)],
    ['a negative count of columns', Buffer.concat([be(4, 2), be(4, 0), be(4, -1)])],
    ['no rows at all', be(4, 1)],
  ])('%s', async (_, body) => {
    const server = await start({ answers: { 'SELECT v': body } });
    const result = await probe(server.port, '', '', { options: { query: 'SELECT v FROM t' } });
    expect(verdict(result)).toEqual(['down', 'protocol', 'protocol']);
  });

  test('a node that knows only older versions says so', async () => {
    const words =
      'Invalid or unsupported protocol version (4); the lowest supported version is 1 and the greatest is 3';
    const body = Buffer.concat([be(4, 0x0a), short(words)]);
    const peer = owned(
      await listen((socket) => {
        socket.once('data', () => socket.write(Buffer.concat([Buffer.of(0x83, 0, 0, 0, 0), long(body)])));
      }),
    );
    const result = await probe(peer.port);
    expect(verdict(result)).toEqual(['down', 'protocol', 'protocol']);
    expect(result.reason?.text).toContain('the greatest is 3');
  });
});

describe('mistakes', () => {
  test.each([
    ['cassandra://host/?tls=maybe', {}, 'expected true or false'],
    ['cassandra://host/?ssl=true', {}, 'saw the parameter ssl'],
    ['cassandra://user@host/', {}, 'expected a user and a password'],
    ['cassandra://host/', { query: 'DROP TABLE orders' }, 'expected a SELECT'],
    ['cassandra://host/', { consistency: 'one' }, 'there is no query'],
  ])('%s with %j', (url, options, text) => {
    expect(() => jobFor(cassandra, url, { options })).toThrow(text);
  });
});
