import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { testCertificates } from './certificates.ts';
import { type Daemon, freePort, startDaemon, temporaryDirectory } from './daemon.ts';

/** What these tests need to be installed. */
export const NGINX_PROGRAMS = ['nginx'];

export interface Nginx extends Daemon {
  /** plain HTTP/1.1 */
  readonly port: number;
  /** TLS with HTTP/2 and 1.1 */
  readonly securePort: number;
  /** HTTP/2 without TLS */
  readonly clearPort: number;
  readonly root: string;
  /** `stop`, under the name that the contract uses */
  close(): Promise<void>;
}

/**
 * Starts nginx in the foreground with a document root of its own: /index.html, /big (10 MiB), /data.json, and the
 * locations /redirect (to /), /away (to the TLS port), /private (basic, user:secret), /gone (410), /missing (404).
 */
export async function startNginx(): Promise<Nginx> {
  const directory = temporaryDirectory('nginx');
  const at = (name: string) => path.join(directory.path, name);
  const [port, securePort, clearPort] = [await freePort(), await freePort(), await freePort()];
  writeFileSync(
    at('index.html'),
    `<!doctype html><title>It &amp; works</title><p>${'hello '.repeat(500)}</p>\n`,
  );
  writeFileSync(at('data.json'), '{"database":"up","queue":7}\n');
  writeFileSync(at('big'), Buffer.alloc(10 * 2 ** 20, 'ok '));
  writeFileSync(at('passwords'), 'user:{PLAIN}secret\n');
  writeFileSync(at('nginx.conf'), configuration(directory.path, { port, securePort, clearPort }));
  const daemon = await startDaemon({
    argv: ['nginx', '-p', directory.path, '-c', at('nginx.conf'), '-e', at('error.log'), '-g', 'daemon off;'],
    ready: port,
  });
  const stop = async () => {
    await daemon.stop();
    directory.remove();
  };
  return { ...daemon, port, securePort, clearPort, root: directory.path, stop, close: stop };
}

function configuration(root: string, ports: { port: number; securePort: number; clearPort: number }): string {
  const { valid } = testCertificates();
  const asRoot = process.getuid?.() === 0 ? 'user root;' : '';
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${root}/${name};`,
  );
  return `
${asRoot}
worker_processes 1;
pid ${root}/nginx.pid;
error_log ${root}/error.log;
events { worker_connections 64; }
http {
  ${temporary.join(' ')}
  access_log off;
  types { text/html html; application/json json; }
  gzip on;
  gzip_types application/json;
  gzip_min_length 1;
  server {
    listen 127.0.0.1:${String(ports.port)};
    listen 127.0.0.1:${String(ports.securePort)} ssl http2;
    listen 127.0.0.1:${String(ports.clearPort)} http2;
    ssl_certificate ${valid.cert};
    ssl_certificate_key ${valid.key};
    root ${root};
    location = /redirect { return 301 /; }
    location = /away { return 302 https://localhost:${String(ports.securePort)}/data.json; }
    location = /private { auth_basic "puptime"; auth_basic_user_file ${root}/passwords; try_files /index.html =404; }
    location = /gone { return 410; }
  }
}
`;
}
