import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, type Server, createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TestCertificate } from '../../../servers/certificates.ts';

/** A frame of a server: unmasked (RFC 6455 §5.2). */
export function frame(
  opcode: number,
  data: Buffer | string = '',
  { final = true, first = 0, masked = 0 } = {},
): Buffer {
  const bytes = Buffer.from(data);
  const { length } = bytes;
  const size = length < 126 ? [length] : [126, length >> 8, length & 0xff];
  size[0] = (size[0] ?? 0) | masked;
  return Buffer.concat([Buffer.from([(final ? 0x80 : 0) | opcode | first, ...size]), bytes]);
}

export const close = (code: number, reason = '') =>
  frame(8, Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]));

export interface Received {
  readonly opcode: number;
  readonly data: Buffer;
}

export interface Behaviour {
  /** what is sent as soon as the connection is upgraded */
  readonly greeting?: readonly Buffer[];
  /** what is answered to a frame; null: what is usual (echo, pong, close) */
  readonly answer?: (received: Received) => readonly Buffer[] | null;
  /** changes the head of the 101 */
  readonly head?: (fields: Map<string, string>, request: IncomingMessage) => void;
  readonly status?: string;
}

export interface WsPeer {
  readonly port: number;
  close(): void;
}

/** A faithful little server of RFC 6455 by node:http, which echoes messages; `behaviour` bends it. */
export async function startWsPeer(behaviour: Behaviour = {}, certificate?: TestCertificate): Promise<WsPeer> {
  const sockets = new Set<Duplex>();
  const server: Server =
    certificate === undefined
      ? createServer()
      : createSecureServer({ cert: readFileSync(certificate.cert), key: readFileSync(certificate.key) });
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    socket.on('error', () => undefined);
    serve(request, socket, behaviour);
  });
  server.on('request', (request, response) => {
    response.statusCode = request.url === '/page' ? 200 : 426;
    response.end('not here');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

function serve(
  request: IncomingMessage,
  socket: Duplex,
  { greeting, answer, head, status }: Behaviour,
): void {
  if (status !== undefined) {
    socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
    return;
  }
  const key = request.headers['sec-websocket-key'] ?? '';
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  const fields = new Map([
    ['Upgrade', 'WebSocket'],
    ['Connection', 'keep-alive, Upgrade'],
    ['Sec-WebSocket-Accept', accept],
  ]);
  head?.(fields, request);
  socket.write(
    ['HTTP/1.1 101 Switching', ...[...fields].map(([name, value]) => `${name}: ${value}`), '', ''].join(
      '\r\n',
    ),
  );
  for (const bytes of greeting ?? []) socket.write(bytes);
  let buffered = Buffer.alloc(0);
  socket.on('data', (bytes: Buffer) => {
    buffered = Buffer.concat([buffered, bytes]);
    for (;;) {
      const taken = takeFrame(buffered);
      if (taken === null) return;
      buffered = taken.rest;
      const said = answer?.(taken) ?? usual(taken);
      for (const one of said) socket.write(one);
      if (taken.opcode === 8 && said.length > 0) socket.end();
    }
  });
}

/** A client’s frame, which must be masked. */
function takeFrame(bytes: Buffer): (Received & { readonly rest: Buffer<ArrayBuffer> }) | null {
  if (bytes.length < 2) return null;
  const [first = 0, second = 0] = bytes;
  if ((second & 0x80) === 0) throw new Error('a client must mask');
  const short = second & 0x7f;
  const at = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < at) return null;
  const length =
    short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  if (bytes.length < at + 4 + length) return null;
  const mask = bytes.subarray(at, at + 4);
  const data = Buffer.from(
    bytes.subarray(at + 4, at + 4 + length).map((byte, index) => byte ^ (mask[index & 3] ?? 0)),
  );
  return { opcode: first & 0x0f, data, rest: Buffer.from(bytes.subarray(at + 4 + length)) };
}

function usual({ opcode, data }: Received): readonly Buffer[] {
  if (opcode === 9) return [frame(10, data)];
  if (opcode === 8) return [frame(8, data)];
  return opcode === 1 || opcode === 2 ? [frame(opcode, data)] : [];
}
