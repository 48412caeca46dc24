import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { memcached } from '../../../../lib/probe/probers/memcached.ts';
import { listen } from '../../../contract/misbehaving-server.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { probeWithTranscript } from '../../../contract/transcript.ts';
import { describeWith } from '../../../servers/daemon.ts';
import { MEMCACHED_PROGRAMS, type MemcachedStart, startMemcached } from '../../../servers/memcached.ts';

const started: { close(): unknown }[] = [];
afterEach(async () => {
  for (const server of started.splice(0).reverse()) await server.close();
});
const start = async (how: MemcachedStart = {}) => {
  const server = await startMemcached(how);
  started.push(server);
  return server;
};

const at = (port: number, userinfo = '') => `memcached://${userinfo}127.0.0.1:${String(port)}`;
const probe = (port: number, userinfo = '', entry: Entry = {}) =>
  probeTarget(memcached, at(port, userinfo), entry);
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];

/** Says something to a server, and gives what it answers. */
async function say(port: number, text: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.write(text);
  const [data] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return data.toString();
}

describeWith([...MEMCACHED_PROGRAMS, 'openssl'], 'a real memcached under the contract', () => {
  proberContract({
    prober: memcached,
    target: (port) => at(port),
    tlsTarget: (port) => `memcacheds://127.0.0.1:${String(port)}`,
    healthy: () => startMemcached(),
  });

  describe('with a login', () => {
    proberContract({
      prober: memcached,
      target: (port) => at(port, 'joe:secret@'),
      healthy: () => startMemcached({ login: { sasl: 'plain' } }),
    });
  });

  tlsContract({
    prober: memcached,
    name: 'memcacheds',
    target: (port) => `memcacheds://localhost:${String(port)}`,
    start: ({ cert, key }) => startMemcached({ argv: ['-Z', '-o', `ssl_chain_cert=${cert},ssl_key=${key}`] }),
  });
});

describeWith(MEMCACHED_PROGRAMS, 'a real memcached', () => {
  test('healthy: its facts', async () => {
    const server = await start();
    await say(server.port, 'set a 0 0 5\r\nhello\r\n');
    await say(server.port, 'get a\r\n');
    const result = await probe(server.port);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({
      items: 1,
      max_connections: 1024,
      rejected_connections: 0,
      accepting: true,
      maxmemory: 64 * 2 ** 20,
      evictions: 0,
      hit_rate: 100,
    });
    expect(result.facts['version']).toMatch(/^\d+\.\d+/);
    expect(result.facts['curr_connections']).toBeGreaterThan(0);
    expect(result.facts['used_memory']).toBeGreaterThan(10);
    expect((await probe(server.port)).facts['hit_rate']).toBe(50);
  });

  test('a probe stores nothing, with and without a login, and a key that is there after all is fine', async () => {
    const server = await start();
    await probe(server.port);
    const refused = await probe(server.port, 'joe:secret@');
    expect(verdict(refused)).toEqual(['down', 'auth', 'auth', null]);
    expect(refused.reason?.text).toContain('has no login');
    expect((await probe(server.port)).facts['items']).toBe(0);
    await say(server.port, 'set puptime-probe 7 0 5\r\nhello\r\n');
    expect((await probe(server.port)).status).toBe('up');
  });

  test('one that speaks only text has no login by SASL, and no binary protocol', async () => {
    const server = await start({ argv: ['-B', 'ascii'] });
    expect((await probe(server.port)).status).toBe('up');
    const refused = await probe(server.port, 'joe:secret@');
    expect(verdict(refused)).toEqual(['down', 'auth', 'auth', null]);
    expect(refused.reason?.text).toContain('has no login');
  });

  test.each<[string, MemcachedStart]>([
    ['by SASL PLAIN', { login: { sasl: 'plain' } }],
    ['by SASL CRAM-MD5, which is chosen before PLAIN without TLS', { login: { sasl: 'plain cram-md5' } }],
    ['by SASL SCRAM-SHA-256', { login: { sasl: 'scram-sha-256' } }],
    ['of the text protocol (-Y)', { login: 'text' }],
  ])('a login %s: right, wrong, missing', async (_, how) => {
    const server = await start(how);
    const right = await probe(server.port, 'joe:secret@');
    expect(right.status, JSON.stringify(right.reasons)).toBe('up');
    expect(right.facts['version']).toMatch(/^\d+\.\d+/);
    expect(right.facts).toMatchObject({ max_connections: 1024, items: 0 });
    const wrong = await probe(server.port, 'joe:wrong@');
    expect(verdict(wrong), wrong.reason?.text).toEqual(['down', 'auth', 'auth', null]);
    const missing = await probe(server.port);
    if (how.login === 'text') {
      expect(verdict(missing)).toEqual(['down', 'auth', 'auth', null]);
      expect(missing.reason?.text).toContain('wants a login');
    } else {
      // All that such a server does is to hang up.
      expect(missing.status).toBe('down');
      expect(['closed', 'reset']).toContain(missing.reason?.code);
    }
  });

  test.each<MemcachedStart['login'] & {}>(['text', { sasl: 'plain' }, { sasl: 'cram-md5' }])(
    'no transcript shows the password: %j',
    async (login) => {
      const server = await start({ login });
      const { result, transcript } = await probeWithTranscript(memcached, at(server.port, 'joe:secret@'));
      expect(result.status).toBe('up');
      expect(transcript).toContain('***');
      expect(transcript).not.toContain('secret');
    },
  );

  test('one without room for another connection is overloaded, with and without a login', async () => {
    const server = await start({ argv: ['-c', '30'] });
    const held: Socket[] = [];
    for (let count = 0; count < 40; count += 1) held.push(connect({ port: server.port, host: '127.0.0.1' }));
    for (const socket of held) socket.on('error', () => undefined);
    await Promise.all(held.map((socket) => once(socket, 'connect')));
    expect(verdict(await probe(server.port))).toEqual(['down', 'overloaded', 'protocol', null]);
    expect(verdict(await probe(server.port, 'joe:x@'))).toEqual(['down', 'overloaded', 'protocol', null]);
    for (const socket of held) socket.destroy();
  });

  test('frozen: timeout in the protocol; stopped: refused', async () => {
    const server = await start();
    server.signal('SIGSTOP');
    const frozen = await probe(server.port, '', { timeout_ms: 300 });
    expect(verdict(frozen)).toEqual(['down', 'timeout', 'protocol', null]);
    await server.stop();
    expect(verdict(await probe(server.port))).toEqual(['down', 'refused', 'connect', null]);
  });
});

describe('a peer that answers', () => {
  const answering = async (reply: string, userinfo = '', entry: Entry = {}) => {
    const peer = await listen((socket) => void socket.once('data', () => socket.write(reply, 'latin1')));
    started.push(peer);
    return probe(peer.port, userinfo, { timeout_ms: 600, ...entry });
  };

  test.each([
    ['a proxy without stats', 'VERSION mcrouter 41.0\r\nERROR\r\nEND\r\n'],
    ['few stats', 'VERSION 1.2.8\r\nSTAT uptime 5\r\nEND\r\nEND\r\n'],
    ['a hit, with its cas', 'VERSION 1\r\nSTAT a \r\nEND\r\nVALUE puptime-probe 0 2 77\r\n\r\n\r\nEND\r\n'],
  ])('%s is up', async (_, reply) => {
    const result = await answering(reply);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
  });

  test.each([
    ['SERVER_ERROR out of memory', 'overloaded'],
    ['SERVER_ERROR no hosts', 'status'],
    ['CLIENT_ERROR unauthenticated', 'auth'],
    ['CLIENT_ERROR what', 'status'],
    ['ERROR', 'protocol'],
    ['VERSION', 'protocol'],
    ['OK', 'protocol'],
  ])('%s to version is %s', async (reply, code) => {
    const result = await answering(`${reply}\r\n`);
    expect([result.status, result.reason?.code]).toEqual(['down', code]);
  });

  test.each([
    [
      'an error in the middle',
      'VERSION 1\r\nSTAT uptime 5\r\nSERVER_ERROR out of memory writing\r\n',
      'overloaded',
    ],
    ['a huge item', 'VERSION 1\r\nEND\r\nVALUE puptime-probe 0 9999999999\r\n', 'too_large'],
    ['an item that does not end', 'VERSION 1\r\nEND\r\nVALUE puptime-probe 0 1\r\nabcEND\r\n', 'protocol'],
    [
      'endless stats',
      `VERSION 1\r\n${Array.from({ length: 2100 }, (_, at) => `STAT s${String(at)} 1\r\n`).join('')}`,
      'too_large',
    ],
  ])('%s keeps the facts seen before', async (_, reply, code) => {
    const result = await answering(reply);
    expect([result.status, result.reason?.code]).toEqual(['down', code]);
    expect(result.facts['version']).toBe('1');
  });

  test('no longer accepting is degraded', async () => {
    const result = await answering('VERSION 1\r\nSTAT accepting_conns 0\r\nEND\r\nEND\r\n');
    expect(verdict(result)).toEqual(['degraded', 'overloaded', 'expect', 'accepting']);
  });

  const packet = (opcode: number, status: number, body = '', { length = body.length, key = 0 } = {}) => {
    const header = Buffer.alloc(24);
    header.set([0x81, opcode, key >> 8, key & 255, 0, 0, status >> 8, status & 255]);
    header.writeUInt32BE(length, 8);
    return header.toString('latin1') + body;
  };

  test.each([
    ['a response to something else', packet(7, 0), 'protocol'],
    ['a huge response', packet(0x20, 0, '', { length: 2 ** 31 }), 'too_large'],
    ['a key longer than the response', packet(0x20, 0, 'abc', { key: 9 }), 'protocol'],
    ['no mechanism that puptime knows', packet(0x20, 0, 'GSSAPI'), 'auth'],
    ['a login that is out of memory', packet(0x20, 0, 'PLAIN') + packet(0x21, 0x82, 'no'), 'status'],
    [
      'challenges without end',
      packet(0x20, 0, 'CRAM-MD5') + packet(0x21, 0x21) + packet(0x22, 0x21).repeat(9),
      'protocol',
    ],
  ])('%s to a login', async (_, reply, code) => {
    const result = await answering(reply, 'joe:secret@');
    expect([result.status, result.reason?.code]).toEqual(['down', code]);
    expect(JSON.stringify(result.reasons)).not.toContain('secret');
  });
});

describe('targets', () => {
  test('a user without a password is refused', () => {
    expect(() => jobFor(memcached, 'memcached://joe@h')).toThrow(/expected memcached/);
  });
});
