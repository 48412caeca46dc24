import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TestCertificate } from './certificates.ts';
import { type Daemon, freePort, startDaemon, temporaryDirectory } from './daemon.ts';

export interface Unbound {
  readonly port: number;
  readonly tlsPort: number;
  /** HTTP/2 only */
  readonly httpsPort: number;
  readonly daemon: Daemon;
  stop(): Promise<void>;
}

/** A zone that it gets from a server of 127.0.0.1, and validates by this key: `signed.example. DNSKEY 257 3 13 …`. */
export interface Stub {
  readonly zone: string;
  readonly port: number;
  readonly trustAnchor: string;
}

/** A validating resolver that knows these records, these zones, and nothing else. */
export async function startUnbound(
  records: readonly string[],
  certificate: TestCertificate,
  stubs: readonly Stub[] = [],
): Promise<Unbound> {
  const directory = temporaryDirectory('unbound');
  const [port, tlsPort, httpsPort] = [await freePort(), await freePort(), await freePort()];
  const config = path.join(directory.path, 'unbound.conf');
  const lines = [
    'server:',
    ...[port, tlsPort, httpsPort].map((each) => `interface: 127.0.0.1@${String(each)}`),
    `tls-port: ${String(tlsPort)}`,
    `https-port: ${String(httpsPort)}`,
    `tls-service-key: "${certificate.key}"`,
    `tls-service-pem: "${certificate.cert}"`,
    'do-daemonize: no',
    'use-syslog: no',
    'verbosity: 1',
    'chroot: ""',
    'username: ""',
    `directory: "${directory.path}"`,
    'pidfile: ""',
    'do-ip6: no',
    'do-not-query-localhost: no',
    'val-bogus-ttl: 0',
    'module-config: "validator iterator"',
    'local-zone: "." static',
    ...records.map((record) => `local-data: '${record}'`),
    ...stubs.flatMap(({ zone, trustAnchor }) => [
      `local-zone: "${zone}" transparent`,
      `trust-anchor: "${trustAnchor}"`,
    ]),
    ...stubs.flatMap((stub) => [
      'stub-zone:',
      `name: "${stub.zone}"`,
      `stub-addr: 127.0.0.1@${String(stub.port)}`,
    ]),
    'remote-control:',
    'control-enable: no',
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  const daemon = await startDaemon({
    argv: ['unbound', '-d', '-c', config],
    ready: (output) => output.includes('start of service'),
  });
  return {
    port,
    tlsPort,
    httpsPort,
    daemon,
    async stop() {
      await daemon.stop();
      directory.remove();
    },
  };
}
