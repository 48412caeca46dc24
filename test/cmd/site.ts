import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

/** A website that does what the test wants of it. Change its fields while it runs. */
export interface Site {
  readonly url: string;
  readonly port: number;
  status: number;
  body: string;
  delay_ms: number;
  /** requests so far */
  hits: number;
  /** of these the headers of the last */
  headers: { readonly [name: string]: string | readonly string[] | undefined };
  close(): void;
}

export async function startSite(): Promise<Site> {
  const server = createServer((request, response) => {
    site.hits += 1;
    site.headers = request.headers;
    const { status, body, delay_ms } = site;
    void pause(delay_ms).then(() => response.writeHead(status, { 'content-type': 'text/plain' }).end(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  const site: Site = {
    port: address.port,
    url: `http://127.0.0.1:${String(address.port)}/`,
    status: 200,
    body: 'all is well',
    delay_ms: 0,
    hits: 0,
    headers: {},
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return site;
}
