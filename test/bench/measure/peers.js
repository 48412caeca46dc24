// Three servers in a process of their own: HTTP, a banner, and one that never says a word. Prints their ports.
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';

const servers = [
  createHttpServer((_, response) => response.end('ok')),
  createServer((socket) => socket.on('error', () => undefined).end('hello\r\n')),
  createServer((socket) => socket.on('error', () => undefined)),
];
await Promise.all(
  servers.map((server) => new Promise((resolve) => server.listen(0, '127.0.0.1', 4096, resolve))),
);
process.stdout.write(`${servers.map((server) => server.address().port).join(' ')}\n`);
