import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { type AddressInfo, type Socket } from 'node:net';
import { type TlsOptions as ServerOptions, createServer } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import type { Result } from '../../../lib/words/result.ts';
import type { TlsOptions } from '../../../lib/words/service.ts';
import { tls } from '../../../lib/probe/probers/tls.ts';
import { type Entry, jobFor, probeTarget } from '../../contract/probe-target.ts';
import { proberContract } from '../../contract/prober-contract.ts';
import { type TestCertificate, testCertificates } from '../../servers/certificates.ts';
import { type Daemon, describeWith, freePort, startDaemon } from '../../servers/daemon.ts';

const target = (port: number, host = '127.0.0.1') => `tls://${host}:${String(port)}`;
const trusting = (tlsOptions: TlsOptions = {}): Entry => ({
  service: { tls: { ca: testCertificates().ca, ...tlsOptions } },
});
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.phase];

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Greets, and answers in capitals. */
async function serve({ cert, key }: TestCertificate = testCertificates().valid, options: ServerOptions = {}) {
  const sockets = new Set<Socket>();
  let heard = '';
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key), ...options }, (socket) => {
    socket.on('error', () => undefined);
    socket.write('+OK ready\r\n');
    socket.on('data', (data: Buffer) => {
      heard += data.toString();
      socket.write(data.toString().toUpperCase());
    });
  });
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  closers.push(close);
  return { port: (server.address() as AddressInfo).port, heard: () => heard, close };
}

proberContract({
  prober: tls,
  target,
  healthy: () => serve(),
  entry: {
    ...trusting(),
    options: { dialogue: [{ expect: '+OK ' }, { send: 'hello\r\n' }, { expect: 'HELLO\r\n' }] },
  },
  half: 700,
  codes: {
    dripping: ['tls_handshake', 'timeout'],
    flooding: ['tls_handshake'],
    garbage: ['tls_handshake'],
    smtp: ['tls_handshake'],
    ssh: ['tls_handshake'],
    http: ['tls_handshake'],
  },
});

describe('tls', () => {
  test('a good certificate is up, with all facts and a time for the handshake', async () => {
    const { port } = await serve();
    const result = await probeTarget(tls, target(port), trusting());
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.facts).toMatchObject({
      tls_version: '1.3',
      cert_subject: 'CN=puptime test valid',
      alpn: null,
    });
    expect(result.facts['cert_days']).toBeCloseTo(90, 0);
    expect(result.facts['certs']).toHaveLength(2);
    expect(result.timings.tls_ms).toBeGreaterThan(0);
  });

  test.each([
    ['expired', 'down', 'tls_expired'],
    ['future', 'down', 'tls_expired'],
    ['wrongHost', 'down', 'tls_hostname'],
    ['untrusted', 'down', 'tls_untrusted'],
    ['selfSigned', 'down', 'tls_untrusted'],
    ['withoutIntermediate', 'down', 'tls_untrusted'],
    ['intermediateEnding', 'degraded', 'expiring'],
  ] as const)('a certificate that is %s is %s (%s), its facts are seen', async (which, status, code) => {
    const { port } = await serve(testCertificates()[which]);
    const result = await probeTarget(tls, target(port), trusting());
    expect([result.status, result.reason?.code]).toEqual([status, code]);
    expect(result.facts['cert_sha256']).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each(['untrusted', 'valid'] as const)(
    'nothing is said to a server unless its certificate is good: %s',
    async (which) => {
      const { port, heard } = await serve(testCertificates()[which]);
      await probeTarget(tls, target(port), { ...trusting(), options: { send: 'password' } });
      expect(heard()).toBe(which === 'valid' ? 'password' : '');
    },
  );

  test('ALPN: the protocol that both speak', async () => {
    const { port } = await serve(testCertificates().valid, { ALPNProtocols: ['imap', 'h2'] });
    const result = await probeTarget(tls, target(port), {
      ...trusting(),
      options: { alpn: ['h2', 'http/1.1'] },
      expect: { alpn: 'h2' },
    });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
  });

  test('ALPN: no protocol in common is down at once', async () => {
    const { port } = await serve(testCertificates().valid, { ALPNProtocols: ['imap'] });
    const result = await probeTarget(tls, target(port), { ...trusting(), options: { alpn: ['h2'] } });
    expect(verdict(result)).toEqual(['down', 'tls_handshake', 'tls']);
  });

  test('the name that is asked for is the one in tls.server_name', async () => {
    const { port } = await serve(testCertificates().wrongHost);
    const result = await probeTarget(tls, target(port), trusting({ server_name: 'other.example.org' }));
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
  });

  test('a banner and a reply over TLS', async () => {
    const { port } = await serve();
    const result = await probeTarget(tls, target(port), {
      ...trusting(),
      options: { send: 'hello' },
      expect: { banner: 'ready', reply: 'HELLO' },
    });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
  });

  test.each([
    ['tls://127.0.0.1', {}, 'it names no port'],
    ['tls://127.0.0.1:1', { dialogue: [{ tls: true }] }, 'inside of TLS'],
  ])('a mistake: %s %j', (url, options, text) => {
    expect(() => jobFor(tls, url, { options })).toThrow(text);
  });
});

describeWith(['openssl'], 'tls, to openssl s_server', () => {
  const start = async (...argv: string[]): Promise<number> => {
    const port = await freePort();
    const { cert, key } = testCertificates().valid;
    const daemon: Daemon = await startDaemon({
      argv: [
        ...([
          'openssl',
          's_server',
          '-quiet',
          '-naccept',
          '5',
          '-accept',
          `127.0.0.1:${String(port)}`,
        ] as const),
        ...['-cert', cert, '-cert_chain', cert, '-key', key, '-CAfile', testCertificates().ca, ...argv],
      ],
      ready: port,
    });
    closers.push(() => daemon.stop());
    return port;
  };

  test.each(['-tls1_2', '-tls1_3'])('a server that wants a client certificate (%s)', async (version) => {
    const port = await start(version, '-Verify', '3', '-verify_return_error');
    const without = await probeTarget(tls, target(port), trusting());
    expect(verdict(without)).toEqual(['down', 'tls_handshake', 'tls']);
    const { cert, key } = testCertificates().client;
    const withOne = await probeTarget(tls, target(port), trusting({ cert, key }));
    expect(withOne.status, JSON.stringify(withOne.reasons)).toBe('up');
  });

  test('a version that is too old', async () => {
    const port = await start('-tls1_2');
    const result = await probeTarget(tls, target(port), trusting({ min_version: '1.3' }));
    expect(verdict(result)).toEqual(['down', 'tls_version', 'tls']);
    expect((await probeTarget(tls, target(port), trusting())).facts).toMatchObject({ tls_version: '1.2' });
  });

  test('a server that goes on when we have ended our side is up, soon', async () => {
    const port = await start('-tls1_3');
    const result = await probeTarget(tls, target(port), trusting());
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(result.duration_ms).toBeLessThan(900);
  });
});
