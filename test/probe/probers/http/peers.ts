import { once } from 'node:events';
import type { Socket } from 'node:net';
import { listen, type Peer } from '../../../contract/misbehaving-server.ts';

/** A server that says just these bytes once it has been asked, and then hangs up unless told otherwise. */
export async function says(answer: string | Buffer, { hangUp = true } = {}): Promise<Peer> {
  return listen((socket) => {
    socket.once('data', () => {
      socket.write(answer);
      if (hangUp) socket.end();
    });
  });
}

/** Reads one request’s head and answers with what `answer` makes of it. */
export async function answers(answer: (head: string, socket: Socket) => string | Buffer): Promise<Peer> {
  return listen((socket) => {
    let head = '';
    socket.on('data', (chunk) => {
      const before = head.includes('\r\n\r\n');
      head += chunk.toString('latin1');
      if (!before && head.includes('\r\n\r\n')) socket.end(answer(head, socket));
    });
  });
}

/** An answer with this status and these fields and body, its length said. */
export function answer(status: number, fields: readonly string[] = [], body = ''): string {
  return [
    `HTTP/1.1 ${String(status)} X`,
    ...fields,
    `Content-Length: ${String(Buffer.byteLength(body))}`,
    '',
    body,
  ].join('\r\n');
}

/** Waits until the server listens, and gives its port. */
export async function portOf(
  server: { listen(port: number, host: string): unknown; address(): unknown } & NodeJS.EventEmitter,
): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null || !('port' in address)) throw new Error('no port');
  return Number(address.port);
}
