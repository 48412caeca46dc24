import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import {
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
  createSecureServer,
  createServer,
} from 'node:http2';
import type { TestCertificate } from '../../../servers/certificates.ts';

export interface GrpcPeer {
  readonly port: number;
  close(): void;
}

/** Answers one call; the request’s message is whole. */
export type Handler = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, message: Buffer) => void;

/** A length-prefixed message (grpc/doc/PROTOCOL-HTTP2.md). */
export function framed(message: readonly number[], packed = 0): Buffer {
  return Buffer.from([packed, 0, 0, 0, message.length, ...message]);
}

export const HEAD = { ':status': 200, 'content-type': 'application/grpc' };

/** Message and trailers, as a server does that has an answer. */
export function answer(
  body: Buffer,
  trailers: OutgoingHttpHeaders,
  head: OutgoingHttpHeaders = HEAD,
): Handler {
  return (stream) => {
    stream.respond(head, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    stream.end(body);
  };
}

/** One head that ends the stream, as a server does that refuses (Trailers-Only). */
export function refuse(status: number, message?: string): Handler {
  return (stream) =>
    stream.respond(
      {
        ...HEAD,
        'grpc-status': String(status),
        ...(message === undefined ? {} : { 'grpc-message': message }),
      },
      { endStream: true },
    );
}

/** SERVING for the whole server and for shop.v1.Orders, NOT_SERVING for shop.v1.Stock, NOT_FOUND for others. */
export const healthy: Handler = (stream, headers, message) => {
  const service = message.subarray(7).toString();
  if (headers[':path'] !== '/grpc.health.v1.Health/Check') refuse(12)(stream, headers, message);
  else if (service === '' || service === 'shop.v1.Orders')
    answer(framed([8, 1]), { 'grpc-status': '0' })(stream, headers, message);
  else if (service === 'shop.v1.Stock')
    answer(framed([8, 2]), { 'grpc-status': '0' })(stream, headers, message);
  else refuse(5, `unknown service ${service}`)(stream, headers, message);
};

/** A faithful little gRPC server by node:http2. */
export async function startGrpcPeer(
  handler: Handler = healthy,
  certificate?: TestCertificate,
): Promise<GrpcPeer> {
  const server: Http2Server | Http2SecureServer =
    certificate === undefined
      ? createServer()
      : createSecureServer({
          cert: readFileSync(certificate.cert),
          key: readFileSync(certificate.key),
        });
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => void sessions.add(session.on('error', () => undefined)));
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    const pieces: Buffer[] = [];
    stream.on('data', (piece: Buffer) => pieces.push(piece));
    stream.on('end', () => handler(stream, headers, Buffer.concat(pieces)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    close() {
      for (const session of sessions) session.destroy();
      server.close();
    },
  };
}
