import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { rsync } from '../../../../lib/probe/probers/rsync.ts';
import { md4 } from '../../../../lib/probe/probers/rsync/md4.ts';
import { type Peer, listen } from '../../../contract/misbehaving-server.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { describeWith, until } from '../../../servers/daemon.ts';
import { RSYNC_PROGRAMS, type RsyncDaemon, startRsync } from '../../../servers/rsync.ts';

const probe = (port: number, path: string, userinfo = '', entry: Entry = {}) =>
  probeTarget(rsync, `rsync://${userinfo}127.0.0.1:${String(port)}${path}`, entry);
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];

describeWith(RSYNC_PROGRAMS, 'a real rsync daemon', () => {
  let server: RsyncDaemon;
  beforeAll(async () => {
    server = await startRsync();
  });
  afterAll(async () => server.stop());

  for (const path of ['', '/open'])
    proberContract({
      prober: rsync,
      target: (port) => `rsync://127.0.0.1:${String(port)}${path}`,
      healthy: () => Promise.resolve({ port: server.port, close: () => undefined }),
    });

  test('its modules, without those that it does not list', async () => {
    const result = await probe(server.port, '/');
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ modules: ['foreign', 'guarded', 'lost', 'open'], module_count: 4 });
    expect(result.facts['version']).toMatch(/^3\d\.0$/);
  });

  test('a message of the day does not stand in the way', async () => {
    const chatty = await startRsync(['motd file = @/motd']);
    const list = await probe(chatty.port, '/');
    const module = await probe(chatty.port, '/open/');
    await chatty.stop();
    expect(list.facts).toMatchObject({ motd: 'Welcome.\nMirrors here.', module_count: 4 });
    expect(module.status, JSON.stringify(module.reasons)).toBe('up');
    expect(module.facts).toMatchObject({ motd: 'Welcome.\nMirrors here.', found: true });
  });

  test('a module that is not listed is found; one that is not there is status', async () => {
    expect((await probe(server.port, '/hidden')).status).toBe('up');
    const gone = await probe(server.port, '/gone');
    expect(verdict(gone)).toEqual(['down', 'status', 'expect', 'found']);
    expect((await probe(server.port, '/gone', '', { expect: { found: false } })).status).toBe('up');
  });

  test('a login: right, wrong, none', async () => {
    const right = await probe(server.port, '/guarded', 'probe:pass%20word@');
    expect(right.status, JSON.stringify(right.reasons)).toBe('up');
    expect(right.facts['found']).toBe(true);
    expect(verdict(await probe(server.port, '/guarded', 'probe:wrong@'))).toEqual([
      'down',
      'auth',
      'auth',
      null,
    ]);
    const none = await probe(server.port, '/guarded');
    expect(verdict(none)).toEqual(['down', 'auth', 'auth', null]);
    expect(none.reason?.text).toContain('the target has none');
  });

  test('a module for other hosts is auth; one whose directory is missing is status', async () => {
    expect(verdict(await probe(server.port, '/foreign'))).toEqual(['down', 'auth', 'auth', null]);
    const lost = await probe(server.port, '/lost');
    expect(verdict(lost)).toEqual(['down', 'status', 'protocol', null]);
    expect(lost.reason?.text).toContain('chdir failed');
  });

  test('max connections: overloaded', async () => {
    const small = await startRsync(['max connections = 1']);
    const holder = connect({ port: small.port, host: '127.0.0.1' });
    holder.write('@RSYNCD: 31.0 md5\nopen\n');
    let heard = '';
    holder.on('data', (data) => (heard += data.toString()));
    await until('the holder to be let in', () => heard.includes('@RSYNCD: OK'));
    const result = await probe(small.port, '/open');
    holder.destroy();
    await small.stop();
    expect(verdict(result)).toEqual(['down', 'overloaded', 'protocol', null]);
  });

  test('frozen: timeout; stopped: refused', async () => {
    const own = await startRsync();
    own.signal('SIGSTOP');
    expect(verdict(await probe(own.port, '', '', { timeout_ms: 300 }))).toEqual([
      'down',
      'timeout',
      'protocol',
      null,
    ]);
    await own.stop();
    expect(verdict(await probe(own.port, ''))).toEqual(['down', 'refused', 'connect', null]);
  });
});

describe('older and stranger daemons, from rsync’s clientserver.c', () => {
  const peers: Peer[] = [];
  afterEach(async () => {
    for (const peer of peers.splice(0)) await peer.close();
  });

  /** Greets, challenges, and tells what it was answered. */
  async function challenging(greeting: string) {
    let heard = '';
    const peer = await listen((socket) => {
      socket.write(greeting);
      socket.on('data', (data) => {
        heard += data.toString();
        if (heard.endsWith('\nold\n')) socket.write('@RSYNCD: AUTHREQD abc\n');
        else if (heard.includes('\nold\nme ')) socket.write('@RSYNCD: OK\n');
      });
    });
    peers.push(peer);
    const result = await probe(peer.port, '/old', 'me:secret@', { timeout_ms: 2000 });
    return { result, response: heard.split('\n')[2] };
  }
  const plain = (hash: Buffer) => `me ${hash.toString('base64').replace(/=+$/, '')}`;
  const hashed = (name: string) => plain(createHash(name).update('secretabc').digest());

  test.each([
    ['@RSYNCD: 31.0 sha512 sha256 sha1 md5 md4\n', hashed('sha512')],
    ['@RSYNCD: 31.0 md5 sha1\n', hashed('sha1')],
    ['@RSYNCD: 30.0\n', hashed('md5')],
    ['@RSYNCD: 29\n', plain(md4(Buffer.from('\0\0\0\0secretabc')))],
  ])('%s', async (greeting, expected) => {
    const { result, response } = await challenging(greeting);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(response).toBe(expected);
  });

  test.each([
    ['@RSYNCD: abc\n', 'protocol'],
    ['@RSYNCD: 31.0\n@RSYNCD: HELLO\n', 'protocol'],
    ['@RSYNCD: 31.0\n@ERROR: no space\n', 'status'],
  ])('%j', async (said, code) => {
    const peer = await listen((socket) => socket.write(said));
    peers.push(peer);
    for (const path of ['', '/x']) expect((await probe(peer.port, path)).reason?.code).toBe(code);
  });

  test.each(['rsync://u:p@h', 'rsync://h/a/b', 'rsync://h/a%0Ab', 'rsync://u@h/m'])(
    '%s is a mistake',
    (target) => {
      expect(() => jobFor(rsync, target)).toThrow(/expected/);
    },
  );

  // RFC 1320 §A.5
  test.each([
    ['', '31d6cfe0d16ae931b73c59d7e0c089c0'],
    ['abc', 'a448017aaf21d8525fc10ae87aa6729d'],
    ['1234567890'.repeat(8), 'e33b4ddc9c38f2199c3e7b164fcc0536'],
  ])('MD4 of %j', (text, digest) => {
    expect(md4(Buffer.from(text)).toString('hex')).toBe(digest);
  });
});
