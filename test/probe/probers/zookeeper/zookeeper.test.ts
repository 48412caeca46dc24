import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { zookeeper } from '../../../../lib/probe/probers/zookeeper.ts';
import { cutting, listen } from '../../../contract/misbehaving-server.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { probeWithTranscript } from '../../../contract/transcript.ts';
import { describeWith, until } from '../../../servers/daemon.ts';
import { startTlsFront } from '../../../servers/tls-front.ts';
import { ZOOKEEPER_PROGRAMS, type ZooKeeperServer, startZooKeeper } from '../../../servers/zookeeper.ts';

const probe = (port: number, path = '', userinfo = '', entry: Entry = {}) =>
  probeTarget(zookeeper, `zookeeper://${userinfo}127.0.0.1:${String(port)}${path}`, entry);
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];

/** Numbers of four and eight bytes, and bytes, with the length of all in front. */
function packet(...parts: readonly (number | bigint | Buffer)[]): Buffer {
  const body = Buffer.concat(
    parts.map((part) => {
      if (Buffer.isBuffer(part)) return part;
      const bytes = Buffer.alloc(typeof part === 'bigint' ? 8 : 4);
      if (typeof part === 'bigint') bytes.writeBigInt64BE(part);
      else bytes.writeInt32BE(part);
      return bytes;
    }),
  );
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

const text = (value: string) => {
  const bytes = Buffer.from(value);
  return [bytes.length, bytes] as const;
};

/** How many sessions a server keeps, by its own account. */
async function sessionsOf(port: number): Promise<number> {
  const socket = connect({ port, host: '127.0.0.1' });
  let heard = '';
  socket.on('data', (data) => (heard += data.toString()));
  socket.write('dump');
  await once(socket, 'close');
  const sessions = heard.slice(heard.indexOf('Session Sets'), heard.indexOf('ephemeral nodes dump'));
  return [...sessions.matchAll(/^(\d+) expire at/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Makes a node that only this user (`name:password`) may read. */
async function createNode(port: number, path: string, user: string): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1' });
  const ask = async (request: Buffer) => {
    socket.write(request);
    return ((await once(socket, 'data')) as [Buffer])[0];
  };
  await ask(packet(0, 0n, 10_000, 0n, 16, Buffer.alloc(17)));
  await ask(packet(-4, 100, 0, ...text('digest'), ...text(user)));
  const acl = [1, 31, ...text('auth'), ...text('')];
  const made = await ask(packet(1, 1, ...text(path), ...text('hello'), ...acl, 0));
  expect(made.readInt32BE(16)).toBe(0);
  socket.write(packet(2, -11));
  await once(socket, 'close');
}

describeWith([...ZOOKEEPER_PROGRAMS, 'openssl'], 'a real ZooKeeper', () => {
  let server: ZooKeeperServer;
  beforeAll(async () => {
    server = await startZooKeeper({ settings: ['4lw.commands.whitelist=srvr,dump'] });
    // Its port is open before it serves.
    await until('it to serve', async () => (await probe(server.port)).status === 'up', 20_000);
  });
  afterAll(() => server.close());

  proberContract({
    prober: zookeeper,
    target: (port) => `zookeeper://127.0.0.1:${String(port)}/zookeeper`,
    tlsTarget: (port) => `zookeepers://127.0.0.1:${String(port)}`,
    // Java is slow to start: the same one for all cases, behind a proxy that can be closed.
    healthy: () => cutting(server.port, Number.MAX_SAFE_INTEGER),
    connections: 2,
  });

  tlsContract({
    prober: zookeeper,
    name: 'zookeepers (TLS by a proxy)',
    target: (port) => `zookeepers://localhost:${String(port)}/zookeeper`,
    start: (certificate) => startTlsFront(server.port, certificate),
  });

  test('healthy: its facts, and those of a node', async () => {
    const result = await probe(server.port, '/zookeeper');
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({
      mode: 'standalone',
      serving: true,
      read_only: false,
      exists: true,
      children: 2,
      size: 0,
      ephemeral: false,
      znodes: 5,
      outstanding: 0,
    });
    expect(result.facts['version']).toMatch(/^\d+\.\d+\.\d+$/);
    expect(result.facts['connections']).toBeGreaterThan(0);
    expect(result.facts['latency_avg_ms']).toBeGreaterThanOrEqual(0);
    expect((await probe(server.port)).status).toBe('up');
    expect((await probe(server.port, '/zookeeper/quota/')).status).toBe('up');
  });

  test('its session is closed: none is left', async () => {
    await probe(server.port);
    await until('the sessions to end', async () => (await sessionsOf(server.port)) === 0, 20_000);
  });

  test('a node that does not exist is status, and the config can allow it', async () => {
    const result = await probe(server.port, '/brokers/ids/1');
    expect(verdict(result)).toEqual(['down', 'status', 'expect', 'exists']);
    expect(result.facts).toMatchObject({ exists: false, serving: true, mode: 'standalone' });
    expect((await probe(server.port, '/nobody', '', { expect: { exists: false } })).status).toBe('up');
  });

  test('with a login the node is read: right, wrong; without one it is only looked for', async () => {
    const open = await probe(server.port, '/zookeeper', 'joe:secret@');
    expect(open.status, JSON.stringify(open.reasons)).toBe('up');
    expect(open.facts).toMatchObject({ exists: true, children: 2 });
    await createNode(server.port, '/guarded', 'joe:secret');
    const right = await probe(server.port, '/guarded', 'joe:secret@');
    expect(right.status, JSON.stringify(right.reasons)).toBe('up');
    expect(right.facts).toMatchObject({ exists: true, size: 5, children: 0, ephemeral: false });
    expect(right.facts['age_s']).toBeLessThan(60);
    expect(verdict(await probe(server.port, '/guarded', 'joe:wrong@'))).toEqual([
      'down',
      'auth',
      'auth',
      null,
    ]);
    const target = `zookeeper://joe:secret@127.0.0.1:${String(server.port)}/guarded`;
    const { transcript } = await probeWithTranscript(zookeeper, target);
    expect(transcript).toContain('joe:***');
    expect(transcript).not.toContain('secret');
    expect((await probe(server.port, '/guarded')).facts).toMatchObject({ exists: true, size: 5 });
  });

  test('frozen: timeout; afterwards it serves again', async () => {
    server.signal('SIGSTOP');
    const frozen = await probe(server.port, '', '', { timeout_ms: 300 });
    server.signal('SIGCONT');
    expect(verdict(frozen)).toEqual(['down', 'timeout', 'protocol', null]);
    await until('it to go on', async () => (await probe(server.port)).status === 'up');
  });
});

describeWith(ZOOKEEPER_PROGRAMS, 'a real ZooKeeper without its majority', () => {
  let server: ZooKeeperServer;
  beforeAll(async () => {
    const properties = ['readonlymode.enabled=true'];
    server = await startZooKeeper({ ensemble: 3, properties });
  });
  afterAll(() => server.close());

  test('it does not serve: quorum; then it goes over to read-only mode: read_only; stopped: refused', async () => {
    const lost = await probe(server.port);
    expect(verdict(lost)).toEqual(['down', 'quorum', 'expect', 'serving']);
    expect(lost.output).toContain('not currently serving');
    expect((await probe(server.port, '', '', { expect: { serving: false } })).status).toBe('up');
    await until('read-only mode', async () => (await probe(server.port)).facts['read_only'] === true, 20_000);
    const cut = await probe(server.port);
    expect(verdict(cut)).toEqual(['down', 'read_only', 'expect', 'read_only']);
    expect(cut.facts).toMatchObject({ mode: 'read-only', serving: true });
    const allowed = await probe(server.port, '', '', { expect: { read_only: [true, false] } });
    expect(allowed.status, JSON.stringify(allowed.reasons)).toBe('up');
    await server.stop();
    expect(verdict(await probe(server.port))).toEqual(['down', 'refused', 'connect', null]);
  });
});

describe('a peer that answers', () => {
  const peers: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const peer of peers.splice(0)) await peer.close();
  });

  const SESSION = packet(0, 10_000, 7n, 16, Buffer.alloc(17));
  const STAT = Buffer.alloc(68);
  const REFUSED = 'srvr is not executed because it is not in the whitelist.\n';

  /** `srvr` is answered with text, each packet that comes afterwards with the next reply. */
  const answering = async (srvr: string, replies: readonly Buffer[], userinfo = '') => {
    const left = [...replies];
    const peer = await listen((socket) => {
      socket.on('data', (data) => {
        if (data.toString() === 'srvr') socket.end(srvr);
        else socket.write(left.shift() ?? '');
      });
    });
    peers.push(peer);
    return probe(peer.port, '/a', userinfo, { timeout_ms: 600 });
  };

  test.each([
    ['without srvr', REFUSED, [SESSION, packet(1, 3n, 0, STAT)]],
    [
      'of before 3.4',
      'Zookeeper version: 3.3.6-1366786, built on 07/29/2012\nMode: leader\n',
      [packet(0, 10_000, 7n, 16, Buffer.alloc(16)), packet(1, 3n, 0, STAT)],
    ],
  ])('one %s is up', async (_, srvr, replies) => {
    const result = await answering(srvr, replies);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ exists: true, serving: true, read_only: false });
  });

  test('one that hangs up on the session, without srvr, may have lost its quorum: it says so', async () => {
    const peer = await listen((socket) => {
      socket.once('data', (data) => socket.end(data.toString() === 'srvr' ? REFUSED : ''));
    });
    peers.push(peer);
    const result = await probe(peer.port);
    expect(verdict(result)).toEqual(['down', 'closed', 'protocol', null]);
    expect(result.reason?.text).toContain('without a quorum');
  });

  test('read-only by the session alone', async () => {
    const readOnly = packet(0, 10_000, 7n, 16, Buffer.concat([Buffer.alloc(16), Buffer.from([1])]));
    const result = await answering(REFUSED, [readOnly, packet(1, 3n, 0, STAT)]);
    expect(verdict(result)).toEqual(['down', 'read_only', 'expect', 'read_only']);
  });

  test.each([
    ['a node that may not be read', [SESSION, packet(-4, 0n, 0), packet(1, 0n, -102)], 'auth'],
    ['a login that is refused', [SESSION, packet(-4, 0n, -115)], 'auth'],
    ['throttling', [SESSION, packet(-4, 0n, 0), packet(1, 0n, -127)], 'overloaded'],
    ['a session that has moved', [packet(0, 0n, -118)], 'status'],
    ['a session that has expired', [packet(0, 0, 0n, 16, Buffer.alloc(17))], 'status'],
    ['an answer to another question', [SESSION, packet(9, 0n, 0)], 'protocol'],
    ['a short packet', [SESSION, packet(-4, 0n, 0), packet(1, 0n, 0, 3)], 'protocol'],
    [
      'data longer than its packet',
      [SESSION, packet(-4, 0n, 0), packet(1, 0n, 0, 2 ** 30, STAT)],
      'protocol',
    ],
    ['a huge packet', [Buffer.from([0x7f, 0xff, 0xff, 0xff])], 'too_large'],
    ['a packet of no length', [Buffer.from([0xff, 0xff, 0xff, 0xff])], 'protocol'],
  ])('%s', async (_, replies, code) => {
    const result = await answering('Zookeeper version: 3.8.0-x\n', replies, 'joe:secret@');
    expect([result.status, result.reason?.code], result.reason?.text).toEqual(['down', code]);
    expect(result.facts['version']).toBe('3.8.0');
    expect(JSON.stringify(result.reasons)).not.toContain('secret');
  });

  test('endless srvr is too large', async () => {
    const result = await answering(`Zookeeper version: 3${'x'.repeat(70_000)}`, []);
    expect([result.status, result.reason?.code]).toEqual(['down', 'too_large']);
  });
});

test.each(['/a//b', '/a/../b', '/a\0b', `/${'x'.repeat(5000)}`])('the path %.20j is refused', (path) => {
  const target = {
    scheme: 'zookeeper',
    username: null,
    password: null,
    host: 'h',
    port: 1,
    path,
    query: {},
    raw: path,
  };
  const prepare = () => zookeeper.prepare({ target, options: {}, timeout_ms: 1000, wanted: new Set() });
  expect(prepare).toThrow(/expected a node/);
});
