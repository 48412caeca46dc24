import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { socks5 } from '../../../../lib/probe/probers/socks5.ts';
import { closedPort, listen } from '../../../contract/misbehaving-server.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { probeWithTranscript } from '../../../contract/transcript.ts';
import { describeWith, until } from '../../../servers/daemon.ts';
import { DANTE_PROGRAMS, type Danted, startDanted } from '../../../servers/danted.ts';
import { type Socks5PeerSays, startSocks5Peer } from '../../../servers/socks5-peer.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];
const at = (port: number, path = '', user = '') => `socks5://${user}127.0.0.1:${String(port)}${path}`;

describeWith(DANTE_PROGRAMS, 'a real Dante', () => {
  let dante: Danted;
  let echo: Awaited<ReturnType<typeof listen>>;
  beforeAll(async () => {
    dante = await startDanted();
    echo = await listen((socket) => void socket.resume());
  });
  afterAll(async () => {
    await echo.close();
    await dante.close();
  });
  const probe = (path: string, entry: Entry = {}, user = '') =>
    probeTarget(socks5, at(dante.port, path, user), entry);

  proberContract({
    prober: socks5,
    target: (port) => at(port, `/127.0.0.1:${String(echo.port)}`),
    healthy: async () => Promise.resolve({ port: dante.port, close: () => undefined }),
  });

  test('it leads to an address, to a name, by the path or by the option: up, with its facts', async () => {
    const before = echo.connections();
    const result = await probe(`/127.0.0.1:${String(echo.port)}`);
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ login: 'none', reply: 'connected', via: '127.0.0.1' });
    expect(result.facts['bound']).toMatch(/^127\.0\.0\.1:\d+$/);
    expect((await probe(`/localhost:${String(echo.port)}`)).status).toBe('up');
    expect((await probe('', { options: { to: `127.0.0.1:${String(echo.port)}` } })).status).toBe('up');
    await until('it to be reached', () => echo.connections() === before + 3);
  });

  test('without anything to lead to, it is only agreed with', async () => {
    const result = await probe('');
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toEqual({ login: 'none' });
  });

  test('what it was to lead to refuses: refused, and a config may want that', async () => {
    const closed = `/127.0.0.1:${String(await closedPort())}`;
    const result = await probe(closed);
    expect(verdict(result)).toEqual(['down', 'refused', 'expect', 'reply']);
    expect(result.facts).toMatchObject({ reply: 'refused' });
    expect((await probe(closed, { expect: { reply: 'refused' } })).status).toBe('up');
  });

  test('a way that it does not allow: status, and a config may want that', async () => {
    expect(verdict(await probe('/127.0.0.9:25'))).toEqual(['down', 'status', 'expect', 'reply']);
    expect((await probe('/127.0.0.9:25', { expect: { reply: 'denied' } })).status).toBe('up');
    const open = await probe(`/127.0.0.1:${String(echo.port)}`, { expect: { reply: 'denied' } });
    expect(verdict(open)).toEqual(['down', 'assertion', 'expect', 'reply']);
  });

  test('a name that it does not find: unreachable', async () => {
    const result = await probe('/nowhere.invalid:80', { timeout_ms: 5000 });
    expect(verdict(result)).toEqual(['down', 'unreachable', 'expect', 'reply']);
  });

  test('a login where it takes none: auth', async () => {
    const result = await probe(`/127.0.0.1:${String(echo.port)}`, {}, 'user:secret@');
    expect(verdict(result)).toEqual(['down', 'auth', 'auth', null]);
    expect(result.reason?.text).toContain('takes no login by password');
  });

  test('frozen: timeout; stopped: refused', async () => {
    const frozen = await startDanted();
    closers.push(() => frozen.close());
    frozen.signal('SIGSTOP');
    const path = `/127.0.0.1:${String(echo.port)}`;
    const hung = await probeTarget(socks5, at(frozen.port, path), { timeout_ms: 300 });
    expect(verdict(hung)).toEqual(['down', 'timeout', 'protocol', null]);
    await frozen.stop();
    expect(verdict(await probeTarget(socks5, at(frozen.port, path)))).toEqual([
      'down',
      'refused',
      'connect',
      null,
    ]);
  });
});

describe('a faithful SOCKS5 peer written from RFC 1928 and 1929', () => {
  const probe = async (says: Socks5PeerSays = {}, user = 'user:secret@', path = '/web.example.org:80') => {
    const peer = await startSocks5Peer(says);
    closers.push(() => peer.close());
    return probeTarget(socks5, at(peer.port, path, user));
  };

  proberContract({
    prober: socks5,
    target: (port) => at(port, '/web.example.org:80', 'user:secret@'),
    healthy: startSocks5Peer,
    half: 6,
  });

  test('a right login', async () => {
    const result = await probe();
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toEqual({
      login: 'password',
      reply: 'connected',
      via: '192.0.2.7',
      bound: '192.0.2.7:40000',
    });
  });

  test.each([
    ['a wrong one', 'user:wrong@', {}, 'refused the login'],
    ['none where one is wanted', '', {}, 'wants a login'],
    ['one where none is taken', 'user:secret@', { method: 0 }, 'takes no login by password'],
    ['a method that was not offered', '', { method: 1 }, 'wants a login'],
  ])('%s is auth', async (_, user, says, words) => {
    const result = await probe(says, user);
    expect(verdict(result)).toEqual(['down', 'auth', 'auth', null]);
    expect(result.reason?.text).toContain(words);
  });

  test.each([
    ['a name', [5, 0, 0, 3, 2, 97, 98, 0, 80], 'ab', 'ab:80'],
    [
      'an IPv6 address',
      [5, 0, 0, 4, 0x20, 1, 0xd, 0xb8, ...Array.from({ length: 11 }, () => 0), 1, 0, 80],
      '2001:db8::1',
      '[2001:db8::1]:80',
    ],
    ['an address that it does not tell', [5, 0, 0, 1, 0, 0, 0, 0, 0, 0], null, null],
    ['a name of no length', [5, 0, 0, 3, 0, 0, 0], null, null],
  ])('connected from %s', async (_, reply, via, bound) => {
    const result = await probe({ reply });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect([result.facts['via'] ?? null, result.facts['bound'] ?? null]).toEqual([via, bound]);
  });

  test.each([
    [1, 'failed', 'unreachable'],
    [2, 'denied', 'status'],
    [3, 'network_unreachable', 'unreachable'],
    [4, 'host_unreachable', 'unreachable'],
    [5, 'refused', 'refused'],
    [6, 'expired', 'timeout'],
    [7, 'no_command', 'protocol'],
    [8, 'no_address_type', 'protocol'],
    [200, 'reply_200', 'protocol'],
  ])('reply %i is %s', async (reply, word, code) => {
    const result = await probe({ reply: [5, reply, 0, 1, 0, 0, 0, 0, 0, 0] });
    expect(verdict(result)).toEqual(['down', code, 'expect', 'reply']);
    expect(result.facts).toMatchObject({ login: 'password', reply: word });
  });

  test.each([
    ['an unknown kind of address', [5, 0, 0, 9, 0, 0, 0, 0, 0, 0]],
    ['another version', [4, 0, 0, 1, 0, 0, 0, 0, 0, 0]],
  ])('%s is protocol', async (_, reply) => {
    expect(verdict(await probe({ reply }))).toEqual(['down', 'protocol', 'protocol', null]);
  });

  test('a SOCKS4 proxy says so', async () => {
    const old = await listen((socket) => void socket.write(Buffer.from([0, 91, 0, 0, 0, 0, 0, 0])));
    closers.push(() => old.close());
    const result = await probeTarget(socks5, at(old.port));
    expect(verdict(result)).toEqual(['down', 'protocol', 'protocol', null]);
    expect(result.reason?.text).toContain('SOCKS4');
  });

  test('no transcript shows the password', async () => {
    const peer = await startSocks5Peer();
    closers.push(() => peer.close());
    const { result, transcript } = await probeWithTranscript(
      socks5,
      at(peer.port, '/web.example.org:80', 'user:secret@'),
    );
    expect(result.status).toBe('up');
    expect(transcript).toContain('login of user');
    expect(transcript).not.toContain('secret');
  });
});

describe('what a config may say', () => {
  test.each([
    ['socks5://proxy/example.org', 'expected HOST:PORT'],
    ['socks5://proxy/example.org:0', 'expected HOST:PORT'],
    ['socks5://proxy/example.org:65536', 'expected HOST:PORT'],
    ['socks5://proxy/[::1:443', 'expected HOST:PORT'],
    ['socks5://proxy/[1:2]:443', 'expected HOST:PORT'],
    ['socks5://proxy/a%20b:443', 'expected HOST:PORT'],
    ['socks5://proxy/example.org:443?a=b', 'a query'],
    [`socks5://${'u'.repeat(256)}@proxy/example.org:443`, 'longer than 255 bytes'],
  ])('%s is refused', (target, words) => {
    expect(() => jobFor(socks5, target)).toThrow(words);
  });

  test.each(['placeholder', 'placeholder:443', 'example.org:placeholder', '[2001:db8::1]:443', ''])(
    'a path like %s is taken',
    (path) => {
      expect(() => jobFor(socks5, `socks5://proxy/${path}`)).not.toThrow();
    },
  );

  test('a path and `to` exclude each other', () => {
    expect(() => jobFor(socks5, 'socks5://proxy/a:1', { options: { to: 'b:2' } })).toThrow('one place');
  });
});
