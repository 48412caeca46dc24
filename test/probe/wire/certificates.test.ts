import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Server, createServer } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { http } from '../../../lib/probe/probers/http.ts';
import { buildChain, chainFacts, judgeChain } from '../../../lib/probe/wire/certificates.ts';
import { fileTrustStore } from '../../../lib/probe/wire/trust-store.ts';
import { listen } from '../../contract/misbehaving-server.ts';
import { probeTarget } from '../../contract/probe-target.ts';
import { type TestCertificate, testCertificates } from '../../servers/certificates.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** An HTTPS server that answers every request with 200. */
async function serve({ cert, key }: TestCertificate, options: object = {}): Promise<number> {
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key), ...options }, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () =>
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'),
    );
  });
  server.on('tlsClientError', () => undefined);
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const made = testCertificates();
const probe = (port: number, tls: object = { ca: made.ca }, timeout_ms = 2000) =>
  probeTarget(http, `https://127.0.0.1:${port}/`, { service: { tls }, timeout_ms });

describe('a certificate is judged on date, name and trust apart', () => {
  const cases: readonly (readonly [name: string, certificate: TestCertificate, codes: readonly string[]])[] =
    [
      ['valid', made.valid, []],
      ['ended ten days ago', made.expired, ['tls_expired']],
      ['not valid yet', made.future, ['tls_expired']],
      ['for another host', made.wrongHost, ['tls_hostname']],
      ['of an authority that nobody knows', made.untrusted, ['tls_untrusted']],
      ['signed by itself', made.selfSigned, ['tls_untrusted']],
      ['sent without its intermediate', made.withoutIntermediate, ['tls_untrusted']],
    ];
  for (const [name, certificate, codes] of cases) {
    test(name, async () => {
      const result = await probe(await serve(certificate));
      expect(result.reasons.filter(({ phase }) => phase === 'tls').map(({ code }) => code)).toEqual(codes);
      expect(result.status, JSON.stringify(result.reasons)).toBe(codes.length === 0 ? 'up' : 'down');
      expect(result.facts['cert_leaf_days'], 'the facts are there all the same').not.toBeUndefined();
    });
  }

  test('several faults are all reported', async () => {
    const result = await probe(await serve(made.wrongHost), {});
    expect(result.reasons.map(({ code }) => code)).toEqual(['tls_hostname', 'tls_untrusted']);
  });

  test('with verify: false nothing is judged but everything is seen', async () => {
    const result = await probe(await serve(made.expired), { verify: false });
    expect(result.reasons.filter(({ status }) => status === 'down')).toEqual([]);
    expect(result.facts['cert_days']).toBeLessThan(0);
  });

  test('an intermediate that ends in five days makes it degraded, though its own certificate is good', async () => {
    const result = await probe(await serve(made.intermediateEnding));
    expect([result.status, result.reason?.code, result.reason?.fact]).toEqual([
      'degraded',
      'expiring',
      'cert_days',
    ]);
    expect(result.facts['cert_days']).toBeLessThan(5.1);
    expect(result.facts['cert_leaf_days']).toBeGreaterThan(80);
  });

  test('a server that speaks only an old version has no version in common', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' };
    const result = await probe(await serve(made.valid, old));
    expect([result.status, result.reason?.code]).toEqual(['down', 'tls_version']);
  });

  test('a server that wants a client certificate gets the one of tls.cert, and says so without', async () => {
    const strict = { requestCert: true, rejectUnauthorized: true, ca: readFileSync(made.ca) };
    const port = await serve({ cert: made.valid.cert, key: made.valid.key }, strict);
    const without = await probe(port);
    expect([without.status, without.reason?.code]).toEqual(['down', 'tls_handshake']);
    const { cert, key } = made.client;
    const shown = await probe(port, { ca: made.ca, cert, key });
    expect(shown.status, JSON.stringify(shown.reasons)).toBe('up');
  });

  test('a handshake that never ends is a timeout in the phase tls', async () => {
    const peer = await listen((socket) => void socket.resume());
    const result = await probe(peer.port, { ca: made.ca }, 300);
    await peer.close();
    expect([result.status, result.reason?.code, result.reason?.phase]).toEqual(['down', 'timeout', 'tls']);
  });

  test('a file that cannot be read is our trouble', async () => {
    const result = await probe(await serve(made.valid), { ca: '/nonexistent/ca.pem' });
    expect([result.status, result.reason?.code]).toEqual(['unknown', 'permission']);
  });
});

describe('the chain', () => {
  test('ends at a trusted authority: an old cross-signed certificate sent along counts for nothing', () => {
    const directory = made.directory;
    const at = (name: string) => path.join(directory, name);
    const openssl = (...args: string[]) =>
      execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'ignore'] });
    // The same key and name as the trusted root, signed by somebody else and about to end.
    const subject = openssl('x509', '-in', made.ca, '-noout', '-subject', '-nameopt', 'compat').toString();
    const common = /CN ?= ?([^/,\n]+)/.exec(subject)?.[1]?.trim() ?? '';
    openssl(
      'req',
      '-new',
      '-key',
      made.ca.replace(/crt$/, 'key'),
      '-subj',
      `/CN=${common}`,
      '-out',
      at('cross.csr'),
    );
    openssl(
      ...['x509', '-req', '-in', at('cross.csr'), '-CA', at('stranger.crt'), '-CAkey', at('stranger.key')],
      ...['-CAcreateserial', '-days', '1', '-out', at('cross.crt')],
    );
    const pems =
      readFileSync(made.valid.cert, 'utf8').match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g) ?? [];
    const [leaf, ...sent] = pems.map((pem) => new X509Certificate(pem));
    const cross = new X509Certificate(readFileSync(at('cross.crt')));
    const store = fileTrustStore(made.ca, 'tls.ca');
    const built = buildChain(leaf!, [...sent, cross], store);
    expect(built.trusted).toBe(true);
    expect(chainFacts(built.chain, Date.now()).cert_days).toBeGreaterThan(80);
    expect(judgeChain(built, null, Date.now())).toEqual([]);
  });
});
