import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:tls';
import { testCertificates } from '../../../servers/certificates.ts';

/** A server with TLS that answers the first line with this, and hangs up. */
export async function serveTls(answer: string) {
  const { cert, key } = testCertificates().valid;
  const sockets = new Set<Socket>();
  let heard = '';
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data: Buffer) => {
      heard += data.toString();
      if (heard.endsWith('\n')) socket.end(answer);
    });
  });
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    heard: () => heard,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
