import { afterEach, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import type { Traced } from '../../../../lib/probe/wire/trace.ts';
import { mssql } from '../../../../lib/probe/probers/mssql.ts';
import { listen } from '../../../contract/misbehaving-server.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { testCertificates } from '../../../servers/certificates.ts';
import {
  type MssqlSettings,
  NVARCHAR,
  done,
  error,
  info,
  le,
  nvarchar,
  result,
  routing,
  startMssql,
} from './mssql-peer.ts';

const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase];
const explain = (of: Result) => JSON.stringify(of.reasons);

const closers: (() => unknown)[] = [];
const owned = <T extends { close(): unknown }>(server: T): T => {
  closers.push(() => server.close());
  return server;
};
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const start = async (settings: MssqlSettings = {}) => owned(await startMssql(settings));
const user = { name: 'probe', password: 'se:cret ü€' };
const LOGIN = `probe:${encodeURIComponent(user.password)}@`;
const at = (port: number, login = '', rest = '') => `mssql://${login}127.0.0.1:${String(port)}${rest}`;
const plain = { allow_plaintext: true };
const probe = (port: number, login = '', rest = '', { options, ...entry }: Entry = {}) =>
  probeTarget(mssql, at(port, login, rest), {
    service: { tls: { ca: testCertificates().ca } },
    options: { ...(login === '' ? {} : plain), ...options },
    ...entry,
  });

proberContract({
  prober: mssql,
  target: (port) => at(port, LOGIN),
  entry: { options: plain },
  healthy: () => startMssql({ user }),
});

tlsContract({
  prober: mssql,
  name: 'mssql with TLS within its packets',
  target: (port) => `mssql://${LOGIN}localhost:${String(port)}`,
  entry: { timeout_ms: 6000 },
  start: (certificate) => startMssql({ user, certificate }),
});

tlsContract({
  prober: mssql,
  name: 'mssql with tls=strict',
  target: (port) => `mssql://${LOGIN}localhost:${String(port)}/?tls=strict`,
  entry: { timeout_ms: 6000 },
  start: (certificate) => startMssql({ user, certificate, strict: true }),
});

describe('mssql, to a peer written from MS-TDS', () => {
  test('without a login: what it is', async () => {
    const server = await start();
    const seen = await probe(server.port);
    expect(seen.status, explain(seen)).toBe('up');
    expect(seen.facts).toMatchObject({ version: '16.0.4135', encryption: 'not_supported', tls: false });
    expect(seen.facts).not.toHaveProperty('database');
  });

  test('a login within TLS: right, wrong, and a database that is not there', async () => {
    const server = await start({ user, databases: ['shop'], certificate: testCertificates().valid });
    const right = await probe(server.port, LOGIN, '/shop');
    expect(right.status, explain(right)).toBe('up');
    expect(right.facts).toMatchObject({
      tls: true,
      tls_version: '1.2',
      database: 'shop',
      database_status: 'ONLINE',
      read_only: false,
    });
    expect(verdict(await probe(server.port, 'probe:wrong@', '/shop'))).toEqual(['down', 'auth', 'auth']);
    const missing = await probe(server.port, LOGIN, '/nothing');
    expect(verdict(missing)).toEqual(['down', 'status', 'protocol']);
    expect(missing.reason?.text).toContain('4060 Cannot open database "nothing"');
  });

  test('no transcript shows the password', async () => {
    const server = await start({ user: { name: 'probe', password: 'se:c:ret' } });
    const said: string[] = [];
    const sent: Buffer[] = [];
    const trace = (entry: Traced) => {
      if (entry.kind !== 'sent') return;
      sent.push(Buffer.from(entry.bytes));
      said.push(Buffer.from(entry.bytes).toString('latin1').replaceAll('\0', ''));
    };
    const entry = { options: plain };
    const { status } = await probeTarget(mssql, at(server.port, 'probe:se%3Ac%3Aret@'), entry, { trace });
    expect([status, said.length > 2]).toEqual(['up', true]);
    // In the form of LOGIN7: nibbles swapped, then changed by 0xa5.
    const hidden = [...Buffer.from('c:ret', 'utf16le')].map((byte) => ((byte << 4) | (byte >> 4)) ^ 0xa5);
    expect(sent.some((bytes) => bytes.includes(Buffer.from(hidden)))).toBe(false);
    expect(said.join('\n')).not.toContain('c:ret');
  });

  test('a certificate that is not good keeps the password back', async () => {
    const server = await start({ user, certificate: testCertificates().untrusted });
    const seen = await probe(server.port, LOGIN);
    expect(verdict(seen)).toEqual(['down', 'tls_untrusted', 'tls']);
    expect(seen.facts['version']).toBe('16.0.4135');
  });

  test('a server that does not encrypt is not told a password, unless that is allowed', async () => {
    const server = await start({ user });
    const kept = await probe(server.port, LOGIN, '', { options: { allow_plaintext: false } });
    expect(verdict(kept)).toEqual(['down', 'tls_handshake', 'tls']);
    expect((await probe(server.port, LOGIN)).status).toBe('up');
  });

  test('one that wants TLS, while starttls is never', async () => {
    const server = await start({ encryption: 3 });
    const seen = await probe(server.port, '', '', { options: { starttls: 'never' } });
    expect(verdict(seen)).toEqual(['down', 'tls_handshake', 'tls']);
  });

  test('one that promises TLS and does not speak it', async () => {
    const server = await start({ encryption: 1 });
    expect(verdict(await probe(server.port, LOGIN))).toEqual(['down', 'tls_handshake', 'tls']);
  });

  test('a server with no TLS but the newest cannot be had within packets', async () => {
    const server = await start({ user, certificate: testCertificates().valid });
    const service = { tls: { ca: testCertificates().ca, min_version: '1.3' } } as const;
    expect(verdict(await probe(server.port, LOGIN, '', { service }))).toEqual(['down', 'tls_version', 'tls']);
  });

  test.each([
    [18456, 'auth', 'auth'],
    [18486, 'auth', 'auth'],
    [18488, 'auth', 'auth'],
    [18401, 'loading', 'protocol'],
    [922, 'loading', 'protocol'],
    [17809, 'overloaded', 'protocol'],
    [983, 'replication', 'protocol'],
    [18461, 'status', 'protocol'],
    [99_999, 'status', 'protocol'],
  ])('an error %i to the login', async (number, code, phase) => {
    const server = await start({ login: Buffer.concat([info('hello'), error(number, 'for a reason')]) });
    const seen = await probe(server.port, LOGIN);
    expect(verdict(seen)).toEqual(['down', code, phase]);
    expect(seen.reason?.text).toContain(`${String(number)} for a reason`);
  });

  test('one that sends its clients elsewhere, and one that says nothing of the login', async () => {
    const elsewhere = await start({ login: routing('db7.example.org', 11_000) });
    const seen = await probe(elsewhere.port, LOGIN);
    expect(verdict(seen)).toEqual(['down', 'redirect', 'protocol']);
    expect(seen.reason?.text).toContain('db7.example.org:11000');
    const mute = await start({ login: Buffer.alloc(0) });
    expect(verdict(await probe(mute.port, LOGIN))).toEqual(['down', 'protocol', 'auth']);
  });

  test.each([
    ['SUSPECT', 'status'],
    ['RESTORING', 'loading'],
    ['RECOVERING', 'loading'],
  ])('a database that is %s', async (status, code) => {
    const server = await start({ user, state: [status, 'READ_WRITE'] });
    const seen = await probe(server.port, LOGIN);
    expect([...verdict(seen), seen.reason?.fact]).toEqual(['down', code, 'expect', 'database_status']);
  });

  test('a database that takes no writes, unless that is expected', async () => {
    const server = await start({ user, state: ['ONLINE', 'READ_ONLY'] });
    const seen = await probe(server.port, LOGIN);
    expect([...verdict(seen), seen.reason?.fact]).toEqual(['down', 'read_only', 'expect', 'read_only']);
    const expected = await probe(server.port, LOGIN, '', { expect: { read_only: true } });
    expect(expected.status, explain(expected)).toBe('up');
  });
});

describe('mssql: a query', () => {
  const ask = async (answer: Buffer, more: MssqlSettings = {}) => {
    const server = await start({ user, answer, ...more });
    return probe(server.port, LOGIN, '', { options: { query: 'SELECT x FROM t' } });
  };
  const double = Buffer.alloc(8);
  double.writeDoubleLE(2.5);
  const MAX = Buffer.concat([le(1, 0xe7), le(2, 0xffff), Buffer.alloc(5)]);
  const part = (text: string) => Buffer.concat([le(4, text.length * 2), Buffer.from(text, 'utf16le')]);
  const byte = (cell: Buffer) => Buffer.concat([le(1, cell.length), cell]);
  test.each([
    ['int', Buffer.of(0x38), le(4, -7), -7],
    ['tinyint', Buffer.of(0x30), le(1, 200), 200],
    ['bigint that may be NULL', Buffer.of(0x26, 8), byte(le(8, 2n ** 40n)), 2 ** 40],
    ['bigint beyond exactness', Buffer.of(0x7f), le(8, 2n ** 62n), '4611686018427387904'],
    ['NULL of it', Buffer.of(0x26, 8), le(1, 0), null],
    ['bit', Buffer.of(0x68, 1), byte(le(1, 1)), true],
    ['float', Buffer.of(0x6d, 8), byte(double), 2.5],
    ['money', Buffer.of(0x3c), Buffer.concat([le(4, -1), le(4, -12_500)]), -1.25],
    ['decimal', Buffer.of(0x6a, 5, 9, 2), byte(Buffer.concat([le(1, 0), le(4, 314)])), -3.14],
    ['nvarchar', NVARCHAR, nvarchar('ü€'), 'ü€'],
    ['NULL of it', NVARCHAR, le(2, 0xffff), null],
    ['nvarchar(max)', MAX, Buffer.concat([le(8, 8), part('ab'), part('cd'), le(4, 0)]), 'abcd'],
    ['NULL of it', MAX, le(8, -1), null],
    [
      'datetime',
      Buffer.of(0x6f, 8),
      byte(Buffer.concat([le(4, 46_051), le(4, 12 * 3600 * 300)])),
      '2026-01-31T12:00:00.000Z',
    ],
    ['smalldatetime', Buffer.of(0x3a), Buffer.concat([le(2, 46_051), le(2, 90)]), '2026-01-31T01:30:00.000Z'],
    ['date', Buffer.of(0x28), byte(le(3, 739_646)), '2026-01-31'],
    [
      'datetime2(7)',
      Buffer.of(0x2a, 7),
      byte(Buffer.concat([le(5, 36_000_000_000n), le(3, 739_646)])),
      '2026-01-31T01:00:00.000Z',
    ],
    ['time(0)', Buffer.of(0x29, 0), byte(le(3, 3661)), '01:01:01.000'],
    [
      'uniqueidentifier',
      Buffer.of(0x24, 16),
      byte(Buffer.from('33221100554477668899aabbccddeeff', 'hex')),
      '00112233-4455-6677-8899-aabbccddeeff',
    ],
    ['varbinary', Buffer.of(0xa5, 8, 0), Buffer.concat([le(2, 2), Buffer.of(1, 2)]), '0x0102'],
  ])('%s', async (_, type, cell, value) => {
    const seen = await ask(
      result(
        [type, Buffer.of(0x38)],
        [
          [cell, le(4, 1)],
          [cell, le(4, 2)],
        ],
      ),
    );
    expect(seen.status, explain(seen)).toBe('up');
    expect([seen.facts['value'] ?? null, seen.facts['rows']]).toEqual([value, 2]);
  });

  test('a row that says its NULLs beforehand, in packets of a few bytes', async () => {
    const seen = await ask(result([NVARCHAR, Buffer.of(0x38)], [[null, le(4, 1)]]), { packet: 5 });
    expect(seen.status, explain(seen)).toBe('up');
    expect([seen.facts['value'] ?? null, seen.facts['rows']]).toEqual([null, 1]);
  });

  test('no rows, and an error', async () => {
    const none = await ask(result([NVARCHAR], []));
    expect([none.status, none.facts['rows']]).toEqual(['up', 0]);
    expect(verdict(await ask(Buffer.concat([error(208, 'Invalid object name'), done])))).toEqual([
      'down',
      'status',
      'protocol',
    ]);
    expect(verdict(await ask(Buffer.concat([error(229, 'SELECT was denied'), done])))).toEqual([
      'down',
      'auth',
      'auth',
    ]);
    expect(verdict(await ask(done))).toEqual(['down', 'protocol', 'protocol']);
  });

  test('a type that puptime does not read is told', async () => {
    const seen = await ask(result([Buffer.of(0x62, 0, 0, 0, 0)], []));
    expect([seen.status, seen.reason?.code]).toEqual(['unknown', 'tool_missing']);
  });

  test.each([
    ['an unknown token', Buffer.of(0x33, 1, 2, 3)],
    ['a row without columns', Buffer.of(0xd1, 0)],
    ['a token longer than the message', Buffer.of(0xaa, 0xff, 0xff, 1)],
    ['columns without measure', Buffer.of(0x81, 0xfe, 0xff)],
    ['a row that ends too early', result([NVARCHAR], [[nvarchar('abc')]]).subarray(0, -15)],
  ])('%s', async (_, answer) => {
    expect(verdict(await ask(answer))).toEqual(['down', 'protocol', 'protocol']);
  });
});

describe('mssql, to one whose PRELOGIN is broken', () => {
  test.each([
    ['has no end', Buffer.of(0, 0, 11, 0, 6, 1, 0)],
    ['points outside of itself', Buffer.of(0, 0, 200, 0, 6, 0xff)],
    ['has no version', Buffer.of(0xff)],
  ])('it %s', async (_, body) => {
    const head = Buffer.of(4, 1, 0, 8 + body.length, 0, 0, 1, 0);
    const peer = owned(
      await listen((socket) => void socket.once('data', () => socket.write(Buffer.concat([head, body])))),
    );
    expect(verdict(await probe(peer.port))).toEqual(['down', 'protocol', 'protocol']);
  });
});

describe('mistakes', () => {
  test.each([
    ['mssql://host/?tls=maybe', {}, 'saw the parameter tls=maybe'],
    ['mssql://host/?encrypt=true', {}, 'saw the parameter encrypt'],
    ['mssql://host/', { query: 'SELECT 1' }, 'it needs a login'],
    ['mssql://a:b@host/', { query: 'DROP TABLE orders' }, 'expected a SELECT'],
    ['mssql://a:b@host/', { starttls: 'never' }, 'sent in the clear'],
  ])('%s with %j', (url, options, text) => {
    expect(() => jobFor(mssql, url, { options })).toThrow(text);
  });
});
