import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../../../../lib/words/result.ts';
import { httpproxy } from '../../../../lib/probe/probers/httpproxy.ts';
import { closedPort, listen } from '../../../contract/misbehaving-server.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { probeWithTranscript } from '../../../contract/transcript.ts';
import { describeWith, until } from '../../../servers/daemon.ts';
import { type HttpPeer, startHttpPeer } from '../../../servers/http-peer.ts';
import { SQUID_PROGRAMS, type Squid, startSquid } from '../../../servers/squid.ts';
import { startTlsFront } from '../../../servers/tls-front.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase, reason?.fact];
const at = (port: number, path = '', user = '') => `httpproxy://${user}127.0.0.1:${String(port)}${path}`;

describeWith(SQUID_PROGRAMS, 'a real Squid', () => {
  let squid: Squid;
  let echo: Awaited<ReturnType<typeof listen>>;
  let web: HttpPeer;
  beforeAll(async () => {
    squid = await startSquid();
    echo = await listen((socket) => void socket.resume());
    web = await startHttpPeer({ '/': { body: 'hello' }, '/gone': { status: 410 } });
  }, 20_000);
  afterAll(async () => {
    await squid.close();
    await echo.close();
    web.close();
  });
  const toEcho = () => `/127.0.0.1:${String(echo.port)}`;
  const page = (path: string) => ({ get: `http://127.0.0.1:${String(web.port)}${path}` });
  const probe = (path: string, entry: Entry = {}) => probeTarget(httpproxy, at(squid.port, path), entry);
  const probeLocked = (user: string, entry: Entry = {}, path = toEcho()) =>
    probeTarget(httpproxy, at(squid.lockedPort, path, user), entry);

  proberContract({
    prober: httpproxy,
    target: (port) => at(port, toEcho()),
    tlsTarget: (port) => `httpproxy+https://127.0.0.1:${String(port)}${toEcho()}`,
    healthy: async () => Promise.resolve({ port: squid.port, close: () => undefined }),
    // A web server says in its own protocol that it is no proxy.
    codes: { http: ['status'] },
  });

  tlsContract({
    prober: httpproxy,
    name: 'httpproxy+https',
    target: (port) => `httpproxy+https://localhost:${String(port)}${toEcho()}`,
    start: async (certificate) => startTlsFront(squid.port, certificate),
  });

  test('a tunnel, by the path or by the option: up, with its facts', async () => {
    const before = echo.connections();
    const result = await probe(toEcho());
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ reply: 'connected', status: 200 });
    expect((await probe('', { options: { to: toEcho().slice(1) } })).status).toBe('up');
    await until('it to be reached', () => echo.connections() === before + 2);
  });

  test('a page: up, with the status that it has and what it came through', async () => {
    const result = await probe('', { options: page('/') });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({ reply: 'connected', status: 200 });
    expect(result.facts['via']).toContain('squid');
    const gone = await probe('', { options: page('/gone') });
    expect(verdict(gone)).toEqual(['down', 'status', 'expect', 'status']);
    expect(gone.facts).toMatchObject({ reply: 'connected', status: 410 });
  });

  test('a login: right, for a tunnel and for a page', async () => {
    expect((await probeLocked('user:secret@')).reasons).toEqual([]);
    expect((await probeLocked('user:secret@', { options: page('/') }, '')).reasons).toEqual([]);
  });

  test.each([
    ['user:wrong@', 'refused the login (407)'],
    ['', 'wants a login'],
  ])('a login that is wrong or missing ("%s") is auth', async (user, words) => {
    for (const result of [await probeLocked(user), await probeLocked(user, { options: page('/') }, '')]) {
      expect(verdict(result)).toEqual(['down', 'auth', 'auth', null]);
      expect(result.reason?.text).toContain(words);
      expect(result.facts).toMatchObject({ status: 407 });
    }
  });

  test('that strangers are turned away can be expected', async () => {
    const expecting = { expect: { reply: 'auth' } };
    expect((await probeLocked('', expecting)).reasons).toEqual([]);
    expect(verdict(await probe(toEcho(), expecting))).toEqual(['down', 'assertion', 'expect', 'reply']);
  });

  test('what it was to lead to refuses: refused, for a tunnel and for a page', async () => {
    const gone = String(await closedPort());
    const tunnel = await probe(`/127.0.0.1:${gone}`, { timeout_ms: 5000 });
    expect(verdict(tunnel)).toEqual(['down', 'refused', 'expect', 'reply']);
    expect(tunnel.facts).toMatchObject({ reply: 'refused', status: 503 });
    const brought = await probe('', { options: { get: `http://127.0.0.1:${gone}/` }, timeout_ms: 5000 });
    expect(verdict(brought)).toEqual(['down', 'refused', 'expect', 'reply']);
    expect((await probe(`/127.0.0.1:${gone}`, { expect: { reply: 'refused' } })).status).toBe('up');
  });

  test('a way that its rules do not allow: status, and a config may want that', async () => {
    const result = await probe('/127.0.0.1:25');
    expect(verdict(result)).toEqual(['down', 'status', 'expect', 'reply']);
    expect(result.facts).toMatchObject({ reply: 'denied', status: 403 });
    expect((await probe('/127.0.0.1:25', { expect: { reply: 'denied' } })).status).toBe('up');
  });

  test('no transcript shows the password', async () => {
    const target = at(squid.lockedPort, toEcho(), 'user:secret@');
    const { result, transcript } = await probeWithTranscript(httpproxy, target);
    expect(result.status).toBe('up');
    expect(transcript).toContain('CONNECT 127.0.0.1');
    expect(transcript).not.toContain(Buffer.from('user:secret').toString('base64'));
  });

  test('frozen: timeout; stopped: refused', async () => {
    const frozen = await startSquid();
    closers.push(() => frozen.close());
    frozen.signal('SIGSTOP');
    const hung = await probeTarget(httpproxy, at(frozen.port, toEcho()), { timeout_ms: 300 });
    expect(verdict(hung)).toEqual(['down', 'timeout', 'protocol', null]);
    await frozen.stop();
    const stopped = await probeTarget(httpproxy, at(frozen.port, toEcho()));
    expect(verdict(stopped)).toEqual(['down', 'refused', 'connect', null]);
  });
});

describe('a faithful peer, as other proxies answer', () => {
  const answering = async (answer: string) => {
    const peer = await listen((socket) => void socket.once('data', () => socket.write(answer)));
    closers.push(() => peer.close());
    return probeTarget(httpproxy, at(peer.port, '/web.example.org:443'));
  };

  test.each([
    ['HTTP/1.1 200 Connection established\r\n\r\n', 200],
    ['HTTP/1.0 200 OK\n\n', 200],
    ['HTTP/1.1 204 \r\nVia: 1.1 proxy\r\n\r\n', 204],
    ['HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 Established\r\n\r\n', 200],
  ])('%j is a tunnel', async (answer, status) => {
    const result = await answering(answer);
    expect(result.reasons).toEqual([]);
    expect(result.facts).toMatchObject({ reply: 'connected', status });
  });

  test.each([
    ['403 Forbidden', '', 'denied', 'status'],
    ['405 Method Not Allowed', '', 'failed', 'status'],
    ['500 Internal Server Error', '', 'failed', 'status'],
    ['302 Found', 'Location: http://login.example.org/\r\n', 'failed', 'status'],
    ['502 Bad Gateway', '', 'unreachable', 'unreachable'],
    ['503 Service Unavailable', '', 'unreachable', 'unreachable'],
    ['504 Gateway Timeout', '', 'timeout', 'timeout'],
    ['502 Bad Gateway', 'Proxy-Status: p; error=dns_error\r\n', 'unresolved', 'resolve_failed'],
    ['502 Bad Gateway', 'Proxy-Status: p; error=connection_refused\r\n', 'refused', 'refused'],
    ['502 Bad Gateway', 'Proxy-Status: p; error=tls_protocol_error\r\n', 'tls', 'tls_handshake'],
    ['503 Service Unavailable', 'X-Squid-Error: ERR_CONNECT_FAIL 110\r\n', 'timeout', 'timeout'],
    ['503 Service Unavailable', 'X-Squid-Error: ERR_ZERO_SIZE_OBJECT 0\r\n', 'closed', 'closed'],
  ])('%s %s is %s', async (line, header, reply, code) => {
    const result = await answering(`HTTP/1.1 ${line}\r\n${header}Content-Length: 0\r\n\r\n`);
    expect(verdict(result)).toEqual(['down', code, 'expect', 'reply']);
    expect(result.facts).toMatchObject({ reply, status: Number(line.slice(0, 3)) });
  });
});

describe('what a config may say', () => {
  test.each([
    ['httpproxy://proxy', {}, 'does not say where'],
    ['httpproxy://proxy/example.org', {}, 'expected HOST:PORT'],
    ['httpproxy://proxy/a:1', { to: 'b:2' }, 'one place'],
    ['httpproxy://proxy/a:1', { get: 'http://b/' }, 'one of them only'],
    ['httpproxy://proxy', { get: 'https://b/' }, 'expected http://'],
    ['httpproxy://proxy', { get: 'http://[' }, 'no URL'],
    ['httpproxy://us%3Aer:x@proxy/a:1', {}, 'a colon'],
  ])('%s with %j is refused', (target, options, words) => {
    expect(() => jobFor(httpproxy, target, { options })).toThrow(words);
  });

  test('references are taken', () => {
    expect(() => jobFor(httpproxy, 'httpproxy://proxy/placeholder')).not.toThrow();
    expect(() => jobFor(httpproxy, 'httpproxy://proxy', { options: { get: 'placeholder' } })).not.toThrow();
  });
});
