import { readFileSync } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Server, createServer } from 'node:tls';
import { type Peer, listen } from '../contract/misbehaving-server.ts';
import type { TestCertificate } from './certificates.ts';

/** A TCP server of a test’s own that does this with each connection, with TLS from the first byte where it has a certificate. */
export async function startPeer(
  handle: (socket: Socket) => void,
  certificate?: TestCertificate,
): Promise<Peer> {
  if (certificate === undefined) return listen(handle);
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server: Server = createServer(
    { cert: readFileSync(certificate.cert), key: readFileSync(certificate.key) },
    (socket) => {
      accepted += 1;
      socket.on('error', () => undefined);
      handle(socket);
    },
  );
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => accepted,
    open: () => sockets.size,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Calls `take` with whole messages: `lengthOf` says how long the first one is, null as long as that cannot be told. */
export function inMessages(
  socket: Duplex,
  lengthOf: (sofar: Buffer) => number | null,
  take: (message: Buffer) => void,
): void {
  let held = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    for (;;) {
      const length = lengthOf(held);
      if (length === null || held.length < length) return;
      const message = held.subarray(0, length);
      held = held.subarray(length);
      take(message);
    }
  });
}
