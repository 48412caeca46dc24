import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { grpc } from '../../../../lib/probe/probers/grpc.ts';
import type { Result } from '../../../../lib/words/result.ts';
import { type Entry, jobFor, probeTarget } from '../../../contract/probe-target.ts';
import { proberContract } from '../../../contract/prober-contract.ts';
import { tlsContract } from '../../../contract/tls-contract.ts';
import { testCertificates } from '../../../servers/certificates.ts';
import { describeWith } from '../../../servers/daemon.ts';
import { ETCD_PROGRAMS, type Etcd, startEtcd } from '../../../servers/etcd.ts';
import { NGINX_PROGRAMS } from '../../../servers/nginx.ts';
import { startNginxProxy } from '../../../servers/nginx-proxy.ts';
import { HEAD, type Handler, answer, framed, healthy, refuse, startGrpcPeer } from './peer.ts';

proberContract({
  prober: grpc,
  target: (port) => `grpc://127.0.0.1:${String(port)}/shop.v1.Orders`,
  tlsTarget: (port) => `grpcs://127.0.0.1:${String(port)}/`,
  healthy: () => startGrpcPeer(),
});

tlsContract({
  prober: grpc,
  name: 'grpcs',
  target: (port) => `grpcs://localhost:${String(port)}/`,
  start: (certificate) => startGrpcPeer(healthy, certificate),
});

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function probe(handler: Handler = healthy, entry: Entry = {}, service = ''): Promise<Result> {
  const peer = await startGrpcPeer(handler);
  closers.push(() => peer.close());
  return probeTarget(grpc, `grpc://127.0.0.1:${String(peer.port)}/${service}`, {
    timeout_ms: 1000,
    ...entry,
  });
}
const verdict = ({ status, reason }: Result) => [status, reason?.code, reason?.fact];

describe('a faithful peer by node:http2', () => {
  it('is up for the whole server and for a service', async () => {
    for (const service of ['', 'shop.v1.Orders']) {
      const result = await probe(healthy, {}, service);
      expect(result.reasons).toEqual([]);
      expect(result.facts).toMatchObject({ serving: 'SERVING', grpc_status: 'OK', status: 200 });
    }
  });

  it('NOT_SERVING, and a service that it does not know', async () => {
    const stopped = await probe(healthy, {}, 'shop.v1.Stock');
    expect(verdict(stopped)).toEqual(['down', 'status', 'serving']);
    expect(stopped.reason?.got).toBe('NOT_SERVING');
    const unknown = await probe(healthy, {}, 'no.such.Service');
    expect(verdict(unknown)).toEqual(['down', 'status', 'grpc_status']);
    expect(unknown.reasons).toHaveLength(1);
    expect(unknown.facts).toMatchObject({
      grpc_status: 'NOT_FOUND',
      grpc_message: 'unknown service no.such.Service',
    });
  });

  it.each([
    [4, 'DEADLINE_EXCEEDED', 'timeout'],
    [5, 'NOT_FOUND', 'status'],
    [7, 'PERMISSION_DENIED', 'auth'],
    [8, 'RESOURCE_EXHAUSTED', 'overloaded'],
    [12, 'UNIMPLEMENTED', 'status'],
    [13, 'INTERNAL', 'status'],
    [14, 'UNAVAILABLE', 'status'],
    [16, 'UNAUTHENTICATED', 'auth'],
    [77, '77', 'status'],
  ])('status %i is %s and %s, whether it comes first or last', async (number, name, code) => {
    for (const handler of [
      refuse(number, 'caf%C3%A9 %zz'.slice(0, 9)),
      answer(Buffer.alloc(0), { 'grpc-status': String(number), 'grpc-message': 'caf%C3%A9' }),
    ]) {
      const result = await probe(handler);
      expect(verdict(result)).toEqual(['down', code, 'grpc_status']);
      expect(result.facts).toMatchObject({ grpc_status: name, grpc_message: 'caf\u00e9' });
    }
  });

  it('a server without health check can be expected', async () => {
    const result = await probe(refuse(12), { expect: { grpc_status: 'UNIMPLEMENTED' } });
    expect(result.reasons).toEqual([]);
  });

  const LEGAL: readonly (readonly [string, Handler, string])[] = [
    ['an empty message, which is UNKNOWN', answer(framed([]), { 'grpc-status': '0' }), 'UNKNOWN'],
    [
      'fields nobody knows around it',
      answer(framed([0x12, 1, 65, 8, 1, 0x1d, 1, 2, 3, 4]), { 'grpc-status': '0' }),
      'SERVING',
    ],
    [
      'the status of a service it does not know',
      answer(framed([8, 3]), { 'grpc-status': '0' }),
      'SERVICE_UNKNOWN',
    ],
    [
      'content type with +proto',
      answer(framed([8, 1]), { 'grpc-status': '0' }, { ...HEAD, 'content-type': 'application/grpc+proto' }),
      'SERVING',
    ],
  ];
  it.each(LEGAL)('%s is understood', async (_, handler, serving) => {
    expect((await probe(handler)).facts['serving']).toBe(serving);
  });

  const BROKEN: readonly (readonly [string, Handler, string, string])[] = [
    [
      'no trailers',
      (stream) => {
        stream.respond(HEAD);
        stream.end(framed([8, 1]));
      },
      'truncated',
      'without a grpc-status',
    ],
    [
      'half a message',
      answer(framed([8, 1]).subarray(0, 6), { 'grpc-status': '0' }),
      'protocol',
      'says 2 bytes and has 1',
    ],
    ['no message', answer(Buffer.alloc(0), { 'grpc-status': '0' }), 'protocol', 'has 0 bytes'],
    ['a packed message', answer(framed([8, 1], 1), { 'grpc-status': '0' }), 'protocol', 'packed'],
    ['a number that breaks off', answer(framed([8]), { 'grpc-status': '0' }), 'protocol', 'breaks off'],
    [
      'a field that breaks off',
      answer(framed([0x12, 100]), { 'grpc-status': '0' }),
      'protocol',
      'breaks off',
    ],
    ['a status that is none', answer(framed([8, 1]), { 'grpc-status': 'fine' }), 'protocol', 'is "fine"'],
    [
      'a page',
      (stream) => {
        stream.respond({ ':status': 200, 'content-type': 'text/html' });
        stream.end('<html>');
      },
      'protocol',
      'answers as "text/html"',
    ],
    ['a flood', answer(Buffer.alloc(100_000), { 'grpc-status': '0' }), 'too_large', 'longer than'],
    ['a stream that is reset', (stream) => stream.close(11), 'overloaded', 'ENHANCE_YOUR_CALM'],
    ['an aborted connection', (stream) => stream.session?.destroy(), 'closed', 'without an answer'],
    ['silence', () => undefined, 'timeout', 'did not answer'],
  ];
  it.each(BROKEN)('%s is down', async (_, handler, code, words) => {
    const result = await probe(handler, { timeout_ms: 500 });
    expect([result.status, result.reason?.code], result.reason?.text).toEqual(['down', code]);
    expect(result.reason?.text).toContain(words);
  });

  it('an HTTP status of a proxy before it is a fact', async () => {
    const http =
      (status: number): Handler =>
      (stream) =>
        stream.respond({ ':status': status }, { endStream: true });
    expect((await probe(http(503))).reason).toMatchObject({ code: 'status', fact: 'status', got: 503 });
    expect(verdict(await probe(http(401)))).toEqual(['down', 'auth', null]);
  });

  it('sends metadata, login, authority and a deadline', async () => {
    const seen: unknown[] = [];
    await probe(
      (stream, headers, message) => {
        seen.push(headers[':authority'], headers['x-tenant'], headers.authorization, headers['te']);
        seen.push(String(/^\d+m$/.test(String(headers['grpc-timeout']))));
        healthy(stream, headers, message);
      },
      { options: { authority: 'api.example.org', metadata: { 'X-Tenant': 'a' }, auth: { bearer: 't' } } },
    );
    expect(seen).toEqual(['api.example.org', 'a', 'Bearer t', 'trailers', 'true']);
  });

  it.each([
    ['grpc://127.0.0.1/', {}, 'names no port'],
    ['grpc://127.0.0.1:1/a%20b', {}, 'no name of a service'],
    ['grpc://127.0.0.1:1/', { authority: 'a b' }, 'expected HOST or HOST:PORT'],
    ['grpc://127.0.0.1:1/', { metadata: { TE: 'x' } }, 'puptime sets it itself'],
  ])('%s %j is a mistake of the config', (target, options, words) => {
    expect(() => jobFor(grpc, target, { options })).toThrow(words);
  });
});

describeWith(ETCD_PROGRAMS, 'etcd, a real gRPC server', () => {
  let etcd: Etcd;
  beforeAll(async () => {
    etcd = await startEtcd();
  });
  afterAll(() => etcd.stop());

  it('is SERVING, does not know another service, and is timeout when frozen', async () => {
    const target = `grpc://127.0.0.1:${String(etcd.port)}/`;
    const result = await probeTarget(grpc, target);
    expect(result.reasons).toEqual([]);
    expect(result.facts['serving']).toBe('SERVING');
    expect((await probeTarget(grpc, `${target}shop.Orders`)).facts['grpc_status']).toBe('NOT_FOUND');
    etcd.signal('SIGSTOP');
    expect((await probeTarget(grpc, target, { timeout_ms: 300 })).reason?.code).toBe('timeout');
    etcd.signal('SIGCONT');
  });

  it('with TLS', async () => {
    const secure = await startEtcd(testCertificates().valid);
    closers.push(() => secure.stop());
    const entry = { service: { tls: { ca: testCertificates().ca } } };
    const result = await probeTarget(grpc, `grpcs://localhost:${String(secure.port)}/`, entry);
    expect(result.reasons).toEqual([]);
    expect(result.facts['alpn']).toBe('h2');
  });
});

describeWith(NGINX_PROGRAMS, 'nginx in front of a gRPC server', () => {
  it('hands on what the server says, and says 502 when it is gone', async () => {
    const peer = await startGrpcPeer();
    const nginx = await startNginxProxy('grpc', peer.port);
    closers.push(
      () => peer.close(),
      () => nginx.stop(),
    );
    const at = (service: string) => `grpc://127.0.0.1:${String(nginx.port)}/${service}`;
    expect((await probeTarget(grpc, at('shop.v1.Orders'))).reasons).toEqual([]);
    expect((await probeTarget(grpc, at('other'))).facts['grpc_status']).toBe('NOT_FOUND');
    peer.close();
    const gone = await probeTarget(grpc, at(''));
    expect([gone.status, gone.reason?.code]).toEqual(['down', 'status']);
  });
});
