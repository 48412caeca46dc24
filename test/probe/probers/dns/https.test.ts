import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { decode } from 'dns-packet';
import { afterEach, expect, test } from 'vitest';
import { dns } from '../../../../lib/probe/probers/dns.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { testCertificates } from '../../../servers/certificates.ts';
import { describeWith } from '../../../servers/daemon.ts';
import { type Named, startNamed } from '../../../servers/named.ts';
import { healthy } from './peers.ts';

const MEDIA_TYPE = 'application/dns-message';
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A server that speaks HTTP/1.1 alone. */
async function probeHttp1(listener: RequestListener, options: Entry['options'] = {}) {
  const { valid, ca } = testCertificates();
  const server = createServer({ cert: readFileSync(valid.cert), key: readFileSync(valid.key) }, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  const { port } = server.address() as { port: number };
  return probeTarget(dns, `dns+https://127.0.0.1:${String(port)}/example.org`, {
    options,
    service: { tls: { ca } },
    timeout_ms: 1500,
  });
}

/** Answers as a healthy server would, and keeps what it was asked. */
function answering(
  asked: { method?: string | undefined; url?: string | undefined; headers?: object } = {},
): RequestListener {
  return (request, response) => {
    Object.assign(asked, { method: request.method, url: request.url, headers: request.headers });
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const inUrl = new URL(request.url ?? '/', 'https://x').searchParams.get('dns');
      const bytes = inUrl === null ? Buffer.concat(chunks) : Buffer.from(inUrl, 'base64url');
      response.setHeader('content-type', MEDIA_TYPE);
      response.end(healthy(decode(bytes), bytes)[0]);
    });
  };
}

describeWith(['openssl'], 'dns over HTTPS/1.1', () => {
  test('asks by POST, with an id that caches can share', async () => {
    const asked: { method?: string; url?: string; headers?: object } = {};
    const result = await probeHttp1(answering(asked));
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect(asked).toMatchObject({
      method: 'POST',
      url: '/dns-query',
      headers: { accept: MEDIA_TYPE, 'content-type': MEDIA_TYPE },
    });
    expect(result.facts).toMatchObject({ http_status: 200, transport: 'https', answers: ['192.0.2.1'] });
    expect(result.facts['cert_days']).toBeGreaterThan(80);
  });

  test('asks by GET, and elsewhere, when told so', async () => {
    const asked: { method?: string; url?: string } = {};
    const result = await probeHttp1(answering(asked), { method: 'GET', path: '/resolve?v=1' });
    expect(result.status, JSON.stringify(result.reasons)).toBe('up');
    expect([asked.method, asked.url?.slice(0, 22)]).toEqual(['GET', '/resolve?v=1&dns=AAABA']);
  });

  test.each([
    ['a page', 200, 'text/html', '<html>', 'protocol', 'answers with text/html'],
    ['another path', 404, 'text/plain', 'no', 'status', 'answers HTTP 404 at /dns-query, expected 200'],
    ['a redirect', 301, 'text/plain', '', 'status', 'answers HTTP 301'],
    ['text called a message', 200, MEDIA_TYPE, 'hello, this is no message', 'protocol', 'wrong answer'],
    ['nothing called a message', 200, MEDIA_TYPE, '', 'protocol', 'it has 0 bytes'],
    ['far too much', 200, MEDIA_TYPE, 'x'.repeat(100_000), 'too_large', 'more than 65535 bytes'],
  ])('%s is down', async (_, status, type, body, code, text) => {
    const result = await probeHttp1((_request, response) => {
      response.writeHead(status, { 'content-type': type });
      response.end(body);
    });
    expect([result.status, result.reason?.code, result.reason?.phase]).toEqual(['down', code, 'protocol']);
    expect(result.reason?.text).toContain(text);
    expect(result.facts['http_status']).toBe(status);
  });

  test('a server that takes the question and says nothing is a timeout', async () => {
    const result = await probeHttp1(() => undefined);
    expect([result.status, result.reason?.code]).toEqual(['down', 'timeout']);
  });
});

describeWith(['named'], 'dns over HTTPS against BIND', () => {
  let server: Named | null = null;
  afterEach(() => server?.stop());
  test('HTTP/2, by POST and GET, with a wrong path told', async () => {
    const { valid, ca } = testCertificates();
    server = await startNamed(
      { 'example.org': '$TTL 300\n@ SOA ns1 root 1 2 3 4 5\n@ NS ns1\nns1 A 192.0.2.53\n' },
      valid,
    );
    const probe = (options: Entry['options'] = {}) =>
      probeTarget(dns, `dns+https://127.0.0.1:${String(server?.httpsPort)}/ns1.example.org`, {
        options,
        service: { tls: { ca } },
      });
    for (const method of ['POST', 'GET']) {
      const result = await probe({ method });
      expect(result.status, JSON.stringify(result.reasons)).toBe('up');
      expect(result.facts).toMatchObject({ answers: ['192.0.2.53'], alpn: 'h2' });
    }
    const wrong = await probe({ path: '/elsewhere' });
    expect([wrong.status, wrong.reason?.code, wrong.facts['http_status']]).toEqual(['down', 'status', 404]);
  });
});
