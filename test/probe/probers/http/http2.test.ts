import { readFileSync } from 'node:fs';
import {
  constants,
  createSecureServer,
  createServer,
  type Http2Server,
  type Http2SecureServer,
  type ServerHttp2Stream,
  type IncomingHttpHeaders,
} from 'node:http2';
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { createServer as createTlsServer } from 'node:https';
import { afterEach, describe, expect, it } from 'vitest';
import { http } from '../../../../lib/probe/probers/http.ts';
import { listen } from '../../../contract/misbehaving-server.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { type Entry, probeTarget } from '../../../contract/probe-target.ts';
import { type TestCertificate, testCertificates } from '../../../servers/certificates.ts';
import { portOf } from './peers.ts';

const authority = testCertificates();
const served = ({ cert, key }: TestCertificate) => ({
  cert: readFileSync(cert, 'utf8'),
  key: readFileSync(key, 'utf8'),
});
const leaf = served(authority.valid);

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

type OnStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/** Starts it; `cut` ends its connections at once. */
async function open(server: Http2Server | Http2SecureServer, onStream: OnStream) {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session)).on('error', () => undefined);
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    onStream(stream, headers);
  });
  const port = await portOf(server);
  const close = () => {
    for (const session of sessions) session.destroy();
    server.close();
  };
  const cut = () => sockets.forEach((socket) => socket.destroy());
  return { port, close, cut };
}

const ok: OnStream = (stream) => {
  stream.respond({ ':status': 200, 'content-type': 'text/plain' });
  stream.end('ok');
};
const h2c = { options: { http_version: '2' } };

proberContract({
  prober: http,
  target: (port) => `http://127.0.0.1:${String(port)}/`,
  entry: h2c,
  healthy: () => open(createServer(), ok),
  half: 30,
});

proberContract({
  prober: http,
  target: (port) => `https://127.0.0.1:${String(port)}/`,
  entry: { service: { tls: { ca: authority.ca } } },
  healthy: () => open(createSecureServer({ cert: leaf.cert, key: leaf.key }), ok),
  codes: {
    garbage: ['tls_handshake'],
    smtp: ['tls_handshake'],
    ssh: ['tls_handshake'],
    http: ['tls_handshake'],
    flooding: ['tls_handshake'],
    dripping: ['timeout', 'tls_handshake'],
  },
});

async function probeH2(onStream: OnStream, entry: Entry = {}) {
  const { port, close } = await open(createServer(), onStream);
  closers.push(close);
  return probeTarget(http, `http://127.0.0.1:${String(port)}/a?b`, {
    ...h2c,
    keep: ['body', 'headers'],
    ...entry,
    options: { ...h2c.options, ...entry.options },
  });
}

describe('HTTP/2', () => {
  it('sends what HTTP/1.1 would, and reads the same facts', async () => {
    let seen: IncomingHttpHeaders = {};
    let body = '';
    const result = await probeH2(
      (stream, headers) => {
        seen = headers;
        stream.on('data', (chunk: Buffer) => void (body += chunk.toString()));
        stream.on('end', () => {
          stream.respond({
            ':status': 200,
            'content-type': 'text/html',
            'set-cookie': ['a=1', 'b=2'],
            'content-encoding': 'gzip',
          });
          stream.end(gzipSync('<title>hi</title>'));
        });
      },
      { options: { json: { a: 1 }, auth: { bearer: 't' }, headers: { 'X-Key': 'k' } } },
    );
    expect(result.reasons).toEqual([]);
    expect(seen).toMatchObject({
      ':method': 'POST',
      ':path': '/a?b',
      ':scheme': 'http',
      authorization: 'Bearer t',
      'x-key': 'k',
      'content-type': 'application/json',
      'content-length': '7',
    });
    expect(seen).not.toHaveProperty('host');
    expect(seen).not.toHaveProperty('connection');
    expect(body).toBe('{"a":1}');
    expect(result.facts).toMatchObject({ status: 200, version: '2', title: 'hi', size: 17 });
    expect(result.facts['headers']).toMatchObject({ 'set-cookie': ['a=1', 'b=2'] });
  });

  it('takes interim answers, empty bodies and trailers', async () => {
    const result = await probeH2((stream) => {
      stream.additionalHeaders({ ':status': 103, link: '</a>' });
      stream.respond({ ':status': 204 });
      stream.end();
    });
    expect(result.facts).toMatchObject({ status: 204, body: '', size: 0 });
    const trailers = await probeH2((stream) => {
      stream.respond({ ':status': 200 }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ sum: '1' }));
      stream.end('ok');
    });
    expect(trailers.facts).toMatchObject({ status: 200, body: 'ok' });
  });

  it('follows redirects', async () => {
    const result = await probeH2((stream, headers) => {
      stream.respond(headers[':path'] === '/b' ? { ':status': 200 } : { ':status': 302, location: '/b' });
      stream.end();
    });
    expect(result.facts).toMatchObject({ status: 200, redirects: 1 });
  });

  it.each([
    [constants.NGHTTP2_INTERNAL_ERROR, 'protocol', /ended the stream with INTERNAL_ERROR/],
    [constants.NGHTTP2_HTTP_1_1_REQUIRED, 'protocol', /set http_version: 1\.1/],
    [constants.NGHTTP2_REFUSED_STREAM, 'overloaded', /REFUSED_STREAM/],
  ])('a stream reset with %i', async (code, expected, text) => {
    const result = await probeH2((stream) => stream.close(code));
    expect(result.reason?.code).toBe(expected);
    expect(result.reason?.text).toMatch(text);
  });

  it('a body that is cut off is truncated', async () => {
    const server = await open(createServer(), (stream) => {
      stream.respond({ ':status': 200 });
      stream.write('half');
      setTimeout(server.cut, 50);
    });
    closers.push(server.close);
    const cut = await probeTarget(http, `http://127.0.0.1:${String(server.port)}/`, {
      ...h2c,
      keep: ['body'],
    });
    expect(cut.reason?.code, cut.reason?.text).toBe('truncated');
    expect(cut.facts).toMatchObject({ status: 200, body: 'half' });
  });

  it('a body that never ends is a timeout, with the facts so far', async () => {
    const result = await probeH2(
      (stream) => {
        stream.respond({ ':status': 200 });
        stream.write('half');
      },
      { timeout_ms: 400 },
    );
    expect(result.reason).toMatchObject({ code: 'timeout' });
    expect(result.facts).toMatchObject({ status: 200, body: 'half' });
  });

  it('a bomb is too_large', async () => {
    const bomb = gzipSync(Buffer.alloc(100 * 2 ** 20));
    const result = await probeH2((stream) => {
      stream.respond({ ':status': 200, 'content-encoding': 'gzip' });
      stream.end(bomb);
    });
    expect(result.reason?.code).toBe('too_large');
  });

  it('frames that are none are a protocol fault, at once', async () => {
    const peer = await listen((socket) => {
      socket.write(
        Buffer.concat([
          Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
          Buffer.from([255, 255, 255, 1, 4, 0, 0, 0, 1]),
          Buffer.alloc(100, 255),
        ]),
      );
    });
    closers.push(() => peer.close());
    const result = await probeTarget(http, `http://127.0.0.1:${String(peer.port)}/`, h2c);
    expect(result.reason?.code, result.reason?.text).toBe('protocol');
    expect(result.duration_ms).toBeLessThan(1000);
  });

  it('a 10 MiB body is up', async () => {
    const result = await probeH2(
      (stream) => {
        stream.respond({ ':status': 200 });
        stream.end(Buffer.alloc(10 * 2 ** 20));
      },
      { timeout_ms: 10_000 },
    );
    expect(result.facts['size']).toBe(10 * 2 ** 20);
    expect(result.status).toBe('up');
  });
});

describe('https', () => {
  const tls = { ca: authority.ca };
  const secure = async (alpn: readonly string[]) => {
    const server = createTlsServer(
      { cert: leaf.cert, key: leaf.key, ALPNProtocols: [...alpn] },
      (request, response) =>
        void response.end(`SNI ${String((request.socket as { servername?: unknown }).servername)}`),
    );
    closers.push(
      () => server.closeAllConnections(),
      () => server.close(),
    );
    return portOf(server);
  };

  it('agrees on a version by ALPN', async () => {
    const both = await open(createSecureServer({ cert: leaf.cert, key: leaf.key, allowHTTP1: true }), ok);
    closers.push(both.close);
    const target = `https://127.0.0.1:${String(both.port)}/`;
    const auto = await probeTarget(http, target, { service: { tls } });
    expect(auto.facts).toMatchObject({ version: '2', alpn: 'h2', tls_version: '1.3' });
    const port = await secure(['http/1.1']);
    const one = await probeTarget(http, `https://127.0.0.1:${String(port)}/`, { service: { tls } });
    expect(one.facts).toMatchObject({ version: '1.1', alpn: 'http/1.1' });
  });

  it('http_version chooses', async () => {
    const port = await secure(['http/1.1']);
    const one = await probeTarget(http, `https://127.0.0.1:${String(port)}/`, {
      service: { tls },
      options: { http_version: 1.1 },
    });
    expect(one.facts['version']).toBe('1.1');
    const two = await probeTarget(http, `https://127.0.0.1:${String(port)}/`, {
      service: { tls },
      options: { http_version: 2 },
    });
    expect(two.status).toBe('down');
    expect(two.reason?.text).toMatch(/does not offer HTTP\/2|none of the protocols offered/);
  });

  it('asks for the host by name, and a certificate that ends soon is degraded', async () => {
    const port = await secure(['http/1.1']);
    const result = await probeTarget(http, `https://localhost:${String(port)}/`, {
      service: { tls, resolve: '127.0.0.1' },
      keep: ['body'],
    });
    expect(result.reasons).toEqual([]);
    expect(result.facts).toMatchObject({ body: 'SNI localhost', ip: '127.0.0.1' });
    expect(result.facts['cert_days']).toBeGreaterThan(80);
    const soon = served(authority.intermediateEnding);
    const server = createTlsServer(
      { cert: soon.cert, key: soon.key },
      (_request, response) => void response.end(),
    );
    closers.push(() => server.close());
    const degraded = await probeTarget(http, `https://127.0.0.1:${String(await portOf(server))}/`, {
      service: { tls },
    });
    expect([degraded.status, degraded.reason?.code]).toEqual(['degraded', 'expiring']);
  });

  it('sends nothing to a server that it does not trust', async () => {
    let requests = 0;
    const server = createTlsServer({ cert: leaf.cert, key: leaf.key }, (_request, response) => {
      requests += 1;
      response.end();
    });
    closers.push(() => server.close());
    const result = await probeTarget(http, `https://u:p@127.0.0.1:${String(await portOf(server))}/`);
    expect(result.reason?.code).toBe('tls_untrusted');
    expect(result.facts['cert_subject']).toBeDefined();
    expect(requests).toBe(0);
  });

  it('does not follow a redirect out of encryption', async () => {
    const server = createTlsServer(
      { cert: leaf.cert, key: leaf.key },
      (_request, response) => void response.writeHead(302, { location: 'http://127.0.0.1/' }).end(),
    );
    closers.push(() => server.close());
    const result = await probeTarget(http, `https://127.0.0.1:${String(await portOf(server))}/`, {
      service: { tls },
    });
    expect(result.reason?.code).toBe('redirect');
    expect(result.reason?.text).toContain('not encrypted');
  });

  it('asks a host that it is redirected to by that host’s own name, whatever tls.server_name says', async () => {
    const port = await secure(['http/1.1']);
    const named = createTlsServer(served(authority.wrongHost), (_request, response) => {
      response.writeHead(302, { location: `https://localhost:${String(port)}/` }).end();
    });
    closers.push(() => named.close());
    const target = `https://127.0.0.1:${String(await portOf(named))}/`;
    const service = { tls: { ...tls, server_name: 'other.example.org' } };
    const result = await probeTarget(http, target, { service, keep: ['body'] });
    expect(result.reasons).toEqual([]);
    expect(result.facts['body']).toBe('SNI localhost');
  });

  it('goes from http to https where it is told to', async () => {
    const port = await secure(['http/1.1']);
    const plain = await listen((socket) => {
      socket.once('data', () =>
        socket.end(
          `HTTP/1.1 301 X\r\nLocation: https://localhost:${String(port)}/\r\nContent-Length: 0\r\n\r\n`,
        ),
      );
    });
    closers.push(() => plain.close());
    const result = await probeTarget(http, `http://127.0.0.1:${String(plain.port)}/`, {
      service: { tls },
      keep: ['body'],
    });
    expect(result.reasons).toEqual([]);
    expect(result.facts).toMatchObject({ redirects: 1, body: 'SNI localhost', tls_version: '1.3' });
  });
});
