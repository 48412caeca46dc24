import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { type TLSSocket, createServer } from 'node:tls';
import type { TestCertificate } from './certificates.ts';

/** TLS before a server that has none in Debian’s build, as stunnel gives it: what comes in clear goes to `port`. */
export async function startTlsFront(
  port: number,
  { cert, key }: TestCertificate,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const sockets = new Set<TLSSocket>();
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (client) => {
    sockets.add(client);
    const inner = connect({ port, host: '127.0.0.1' });
    client
      .on('error', () => inner.destroy())
      .on('close', () => {
        sockets.delete(client);
        inner.destroy();
      });
    inner.on('error', () => client.destroy());
    client.pipe(inner).pipe(client);
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
