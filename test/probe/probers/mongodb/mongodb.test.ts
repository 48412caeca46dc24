import { afterEach, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import type { Traced } from '../../../../lib/probe/wire/trace.ts';
import { mongodb } from '../../../../lib/probe/probers/mongodb.ts';
import { listen } from '../../../contract/misbehaving-server.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { testCertificates } from '../../../servers/certificates.ts';
import { type Doc, type MongoSettings, date, encode, raw, startMongo } from './mongo-peer.ts';

const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];
const explain = (result: Result) => JSON.stringify(result.reasons);

const closers: (() => unknown)[] = [];
const owned = <T extends { close(): unknown }>(server: T): T => {
  closers.push(() => server.close());
  return server;
};
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const start = async (settings: MongoSettings = {}) => owned(await startMongo(settings));
const at = (port: number, login = '', rest = '') => `mongodb://${login}127.0.0.1:${String(port)}${rest}`;
const probe = (port: number, login = '', rest = '', entry: Entry = {}) =>
  probeTarget(mongodb, at(port, login, rest), entry);

const user = { name: 'probe', password: 'se,cr=t ü' };
const LOGIN = `probe:${encodeURIComponent(user.password)}@`;
const SET: Doc = {
  setName: 'rs0',
  setVersion: 3,
  primary: 'a:27017',
  hosts: ['a:27017', 'b:27017', 'c:27017'],
};
const SECONDARY: Doc = { ...SET, ismaster: false, secondary: true };

proberContract({
  prober: mongodb,
  target: (port) => at(port, LOGIN),
  tlsTarget: (port) => at(port, LOGIN, '/?tls=true'),
  healthy: () => startMongo({ user }),
});

tlsContract({
  prober: mongodb,
  name: 'mongodb with tls=true',
  target: (port) => `mongodb://localhost:${String(port)}/?tls=true`,
  entry: { timeout_ms: 6000 },
  start: (certificate) => startMongo({ certificate }),
});

describe('mongodb, to a peer written from its wire protocol', () => {
  test('a standalone server, without a login', async () => {
    const server = await start();
    const result = await probe(server.port);
    expect(result.status, explain(result)).toBe('up');
    expect(result.facts).toMatchObject({
      version: '7.0.14',
      wire_version: 21,
      role: 'standalone',
      read_only: false,
      tls: false,
    });
    expect(result.facts['has_primary'] ?? null).toBeNull();
    expect(server.commands).toEqual(['isMaster', 'ping', 'buildInfo']);
  });

  test.each([
    ['SCRAM-SHA-256', ['SCRAM-SHA-1', 'SCRAM-SHA-256']],
    ['SCRAM-SHA-1', ['SCRAM-SHA-1']],
  ])('a login by %s, as the server has it', async (_, mechanisms) => {
    const server = await start({ user, mechanisms });
    const result = await probe(server.port, LOGIN);
    expect(result.status, explain(result)).toBe('up');
    expect(verdict(await probe(server.port, 'probe:wrong@'))).toEqual(['down', 'auth', 'auth', null]);
    expect(verdict(await probe(server.port, 'nobody:wrong@'))).toEqual(['down', 'auth', 'auth', null]);
    const none = await probe(server.port);
    expect(verdict(none)).toEqual(['down', 'auth', 'auth', null]);
    expect(none.facts).toMatchObject({ role: 'standalone' });
  });

  test('the database that knows the user: of authSource, or of the path', async () => {
    const server = await start({ user: { ...user, source: 'users' } });
    expect((await probe(server.port, LOGIN, '/users')).status).toBe('up');
    expect((await probe(server.port, LOGIN, '/shop?authSource=users')).status).toBe('up');
    expect(verdict(await probe(server.port, LOGIN))).toEqual(['down', 'auth', 'auth', null]);
  });

  test('a server before 4.4, and one before 3.6 that knows only OP_QUERY', async () => {
    const middle = await start({ user, wantsEmpty: true, hello: { maxWireVersion: 8 } });
    expect((await probe(middle.port, LOGIN)).status).toBe('up');
    const old = await start({
      user,
      wantsEmpty: true,
      old: true,
      mechanisms: ['SCRAM-SHA-1'],
      hello: { maxWireVersion: 5 },
    });
    const result = await probe(old.port, LOGIN);
    expect(result.status, explain(result)).toBe('up');
  });

  test('a server that adds a checksum', async () => {
    const server = await start({ checksum: true });
    const result = await probe(server.port);
    expect(result.status, explain(result)).toBe('up');
  });

  test('a server that cannot prove that it knows the password, and one that asks for too many rounds', async () => {
    const forgetful = await start({ user, scram: { forgetful: true } });
    expect(verdict(await probe(forgetful.port, LOGIN))).toEqual(['down', 'auth', 'auth', null]);
    const costly = await start({ user, scram: { rounds: '99999999' } });
    expect(verdict(await probe(costly.port, LOGIN))).toEqual(['down', 'protocol', 'auth', null]);
  });

  test('no transcript shows the password', async () => {
    const server = await start({
      user: { name: 'probe', password: 'se:c:ret', source: '$external' },
      mechanisms: ['PLAIN'],
      certificate: testCertificates().valid,
    });
    const said: string[] = [];
    const trace = (entry: Traced) => {
      if (entry.kind === 'sent') said.push(Buffer.from(entry.bytes).toString('utf8'));
    };
    const entry = { service: { tls: { ca: testCertificates().ca } }, timeout_ms: 6000 };
    const { status } = await probeTarget(
      mongodb,
      at(server.port, 'probe:se%3Ac%3Aret@', '/?tls=true&authMechanism=PLAIN'),
      entry,
      { trace },
    );
    expect([status, said.length > 2]).toEqual(['up', true]);
    expect(said.join('\n')).toContain('***');
    expect(said.join('\n')).not.toContain('c:ret');
  });

  test('PLAIN goes only over TLS', () => {
    expect(() => jobFor(mongodb, 'mongodb://a:b@host/?authMechanism=PLAIN')).toThrow('add tls=true');
  });
});

const member = (name: string, state: number, more: Doc = {}) => ({ name, state, health: 1, ...more });
const statusOf = (myState: number, members: readonly Doc[]): Doc => ({ set: 'rs0', myState, members, ok: 1 });

describe('mongodb, in a replica set', () => {
  test.each([
    ['primary', { ...SET, ismaster: true }, 'primary'],
    ['primary of 5.0 and later', { ...SET, ismaster: false, isWritablePrimary: true }, 'primary'],
    ['secondary', SECONDARY, 'secondary'],
    ['arbiter', { ...SET, ismaster: false, arbiterOnly: true }, 'arbiter'],
    ['mongos', { msg: 'isdbgrid' }, 'mongos'],
  ])('a %s is up', async (_, hello, role) => {
    const server = await start({ hello });
    const result = await probe(server.port);
    expect(result.status, explain(result)).toBe('up');
    expect(result.facts['role']).toBe(role);
  });

  test('of another name than replicaSet says is down', async () => {
    const server = await start({ hello: SECONDARY });
    expect((await probe(server.port, '', '/?replicaSet=rs0')).status).toBe('up');
    const other = await probe(server.port, '', '/?replicaSet=rs1');
    expect(verdict(other)).toEqual(['down', 'assertion', 'protocol', null]);
    expect(other.reason).toMatchObject({ expected: 'rs1', got: 'rs0' });
  });

  test('without a primary: quorum, unless that is allowed', async () => {
    const { primary, ...without } = SECONDARY;
    const server = await start({ hello: without });
    const result = await probe(server.port);
    expect(verdict(result)).toEqual(['down', 'quorum', 'expect', 'has_primary']);
    expect(result.facts).toMatchObject({ role: 'secondary', has_primary: false, set_name: 'rs0' });
    const allowed = await probe(server.port, '', '', { expect: { has_primary: [true, false] } });
    expect(allowed.status, explain(allowed)).toBe('up');
    expect(primary).toBe('a:27017');
  });

  test.each([
    ['starting', 5, 'loading'],
    ['recovering', 3, 'loading'],
    ['rollback', 9, 'loading'],
    ['removed', 10, 'status'],
  ])('one that is %s', async (role, state, code) => {
    const hello = { ...SET, ismaster: false, secondary: false };
    const answers = { replSetGetStatus: statusOf(state, [member('b:27017', state, { self: true })]) };
    const server = await start({ user, hello, answers });
    const result = await probe(server.port, LOGIN);
    expect(verdict(result)).toEqual(['down', code, 'expect', 'role']);
    expect(result.facts['role']).toBe(role);
    const untold = await start({ hello });
    expect(verdict(await probe(untold.port))).toEqual(['down', 'loading', 'expect', 'role']);
  });

  test('one that was never made a member', async () => {
    const server = await start({
      hello: {
        ismaster: false,
        secondary: false,
        isreplicaset: true,
        info: 'Does not have a valid replica set config',
      },
    });
    const result = await probe(server.port);
    expect(verdict(result)).toEqual(['down', 'status', 'expect', 'role']);
    expect(result.facts['role']).toBe('uninitialized');
  });

  test('one that recovers and refuses the login for it', async () => {
    const answers = {
      saslStart: {
        ok: 0,
        errmsg: 'node is in recovering state',
        code: 13_436,
        codeName: 'NotPrimaryOrSecondary',
      },
    };
    const server = await start({ user, hello: { ...SET, ismaster: false, secondary: false }, answers });
    const result = await probe(server.port, LOGIN);
    expect(verdict(result)).toEqual(['down', 'loading', 'protocol', null]);
    expect(result.facts['role']).toBe('other');
  });

  test('how far it is behind, and members that are down', async () => {
    const members = [
      member('a:27017', 1, { optimeDate: date(1_800_000_090_000) }),
      member('b:27017', 2, { self: true, optimeDate: date(1_800_000_000_000) }),
      member('c:27017', 8, { health: 0, optimeDate: date(0) }),
    ];
    const server = await start({
      user,
      hello: SECONDARY,
      answers: { replSetGetStatus: statusOf(2, members) },
    });
    const result = await probe(server.port, LOGIN);
    expect(verdict(result)).toEqual(['degraded', 'replication', 'expect', 'members_down']);
    expect(result.facts).toMatchObject({ lag_s: 90, members_down: ['c:27017'], role: 'secondary' });
    const late = await probe(server.port, LOGIN, '', { expect: { lag_s: '< 60' } });
    expect(verdict(late)).toEqual(['down', 'replication', 'expect', 'lag_s']);
  });

  test('a user that may not ask for the state of the set', async () => {
    const refusal = { ok: 0, errmsg: 'not authorized on admin', code: 13, codeName: 'Unauthorized' };
    const server = await start({ user, hello: SECONDARY, answers: { replSetGetStatus: refusal } });
    const result = await probe(server.port, LOGIN);
    expect(result.status, explain(result)).toBe('up');
    expect(result.facts).not.toHaveProperty('lag_s');
  });

  test('read-only, and shutting down', async () => {
    const readOnly = await start({ hello: { readOnly: true } });
    expect(verdict(await probe(readOnly.port))).toEqual(['down', 'read_only', 'expect', 'read_only']);
    const ending = await start({
      answers: {
        ping: { ok: 0, errmsg: 'The server is in quiesce mode', code: 91, codeName: 'ShutdownInProgress' },
      },
    });
    expect(verdict(await probe(ending.port))).toEqual(['down', 'status', 'protocol', null]);
  });
});

describe('mongodb, to one that sends', () => {
  const nested = (depth: number): Doc => (depth === 0 ? { ok: 1 } : { a: nested(depth - 1) });
  test.each([
    ['a document that is too deep', encode(nested(500))],
    ['a document that is longer than its message', Buffer.from('ff000000', 'hex')],
    ['an element of no type', encode({ a: raw(0x66, Buffer.alloc(4)) })],
    ['a string of a negative length', encode({ a: raw(0x02, Buffer.from('ffffffff00', 'hex')) })],
  ])('%s', async (_, body) => {
    const peer = owned(
      await listen((socket) => {
        socket.once('data', (asked: Buffer) => {
          const head = Buffer.alloc(36);
          [36 + body.length, 1, asked.readUInt32LE(4), 1].forEach((value, index) =>
            head.writeUInt32LE(value, index * 4),
          );
          head.writeUInt32LE(1, 32);
          socket.write(Buffer.concat([head, body]));
        });
      }),
    );
    expect(verdict(await probe(peer.port))).toEqual(['down', 'protocol', 'protocol', null]);
  });
});

describe('mistakes in the target', () => {
  test.each([
    ['mongodb://host/?tls=maybe', 'expected true or false'],
    ['mongodb://host/?readPreference=nearest', 'saw the parameter readPreference'],
    ['mongodb://user@host/', 'expected a user and a password'],
    ['mongodb://a:b@host/?authMechanism=GSSAPI', 'expected SCRAM-SHA-256'],
  ])('%s', (url, text) => {
    expect(() => jobFor(mongodb, url)).toThrow(text);
  });
});
