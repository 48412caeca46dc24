import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { testCertificates } from './certificates.ts';
import { type Daemon, freePort, startDaemon, temporaryDirectory } from './daemon.ts';

export interface NginxProxy extends Daemon {
  readonly port: number;
  /** the same with TLS */
  readonly securePort: number;
  close(): Promise<void>;
}

/** Starts nginx in front of a server at that port: for WebSockets (HTTP/1.1), or for gRPC (HTTP/2 on both sides). */
export async function startNginxProxy(kind: 'ws' | 'grpc', upstream: number): Promise<NginxProxy> {
  const directory = temporaryDirectory(`nginx-${kind}`);
  const [port, securePort] = [await freePort(), await freePort()];
  const { valid } = testCertificates();
  const to = `127.0.0.1:${String(upstream)}`;
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${directory.path}/${name};`,
  );
  const location =
    kind === 'grpc'
      ? `grpc_pass grpc://${to};`
      : `proxy_pass http://${to}; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";`;
  const http2 = kind === 'grpc' ? 'http2' : '';
  const file = path.join(directory.path, 'nginx.conf');
  writeFileSync(
    file,
    `
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
pid ${directory.path}/nginx.pid;
events { worker_connections 64; }
http {
  ${temporary.join(' ')}
  access_log off;
  server {
    listen 127.0.0.1:${String(port)} ${http2};
    listen 127.0.0.1:${String(securePort)} ssl ${http2};
    ssl_certificate ${valid.cert};
    ssl_certificate_key ${valid.key};
    location / { ${location} }
  }
}
`,
  );
  const daemon = await startDaemon({
    argv: ['nginx', '-p', directory.path, '-c', file, '-e', 'stderr', '-g', 'daemon off;'],
    ready: port,
  });
  const stop = async () => {
    await daemon.stop();
    directory.remove();
  };
  return { ...daemon, port, securePort, stop, close: stop };
}
