import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, type Server, createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { TestCertificate } from './certificates.ts';

export interface Said {
  readonly status?: number;
  readonly headers?: { readonly [name: string]: string };
  /** a text or bytes as they are, anything else as JSON */
  readonly body?: unknown;
}

export interface HttpPeer {
  readonly port: number;
  /** method and URL of each request so far */
  readonly asked: readonly string[];
  close(): void;
}

/** Answers by `METHOD /path` or `/path`, without the query; everything else is 404. */
export interface Routes {
  readonly [route: string]: Said | ((request: IncomingMessage, body: Buffer) => Said);
}

/** A server that says what a service of that kind says by its documentation. `path`: listens on a Unix socket. */
export async function startHttpPeer(
  routes: Routes,
  { certificate, path }: { readonly certificate?: TestCertificate; readonly path?: string } = {},
): Promise<HttpPeer> {
  const asked: string[] = [];
  const listener: Parameters<typeof createServer>[1] = (request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const [method = '', url = ''] = [request.method, request.url];
      asked.push(`${method} ${url}`);
      const [bare = ''] = url.split('?', 1);
      const route = routes[`${method} ${bare}`] ??
        routes[bare] ?? { status: 404, body: '404 page not found\n' };
      const {
        status = 200,
        headers = {},
        body = '',
      } = typeof route === 'function' ? route(request, Buffer.concat(pieces)) : route;
      const isJson = typeof body !== 'string' && !Buffer.isBuffer(body);
      response.writeHead(status, { ...(isJson ? { 'Content-Type': 'application/json' } : {}), ...headers });
      response.end(isJson ? JSON.stringify(body) : body);
    });
  };
  const server: Server =
    certificate === undefined
      ? createServer(listener)
      : createSecureServer(
          { cert: readFileSync(certificate.cert), key: readFileSync(certificate.key) },
          listener,
        );
  if (path === undefined) server.listen(0, '127.0.0.1');
  else server.listen(path);
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    asked,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
