import path from 'node:path';
import type { TestCertificate } from './certificates.ts';
import { type Daemon, freePort, startDaemon, temporaryDirectory } from './daemon.ts';

export const ETCD_PROGRAMS = ['etcd'];

export interface Etcd extends Daemon {
  /** of clients: HTTP and gRPC */
  readonly port: number;
  close(): Promise<void>;
}

/** Starts one etcd alone, with TLS where there is a certificate. */
export async function startEtcd(certificate?: TestCertificate): Promise<Etcd> {
  const [member] = await startEtcdCluster(1, certificate);
  if (member === undefined) throw new Error('no member');
  return member;
}

/** Starts so many members of one cluster, and waits until they have a leader. */
export async function startEtcdCluster(
  size: number,
  certificate?: TestCertificate,
): Promise<readonly Etcd[]> {
  const directory = temporaryDirectory('etcd');
  const members = await Promise.all(
    Array.from({ length: size }, async (_, index) => ({
      name: `m${String(index)}`,
      client: await freePort(),
      peer: await freePort(),
    })),
  );
  const at = (port: number, scheme = 'http') => `${scheme}://127.0.0.1:${String(port)}`;
  const cluster = members.map(({ name, peer }) => `${name}=${at(peer)}`).join(',');
  const scheme = certificate === undefined ? 'http' : 'https';
  const daemons = await Promise.all(
    members.map(async ({ name, client, peer }) => {
      const daemon = await startDaemon({
        argv: [
          'etcd',
          ...['--name', name, '--data-dir', path.join(directory.path, name)],
          ...['--listen-client-urls', at(client, scheme), '--advertise-client-urls', at(client, scheme)],
          ...['--listen-peer-urls', at(peer), '--initial-advertise-peer-urls', at(peer)],
          ...['--initial-cluster', cluster],
          ...['--heartbeat-interval', '50', '--election-timeout', '250'],
          ...(certificate === undefined
            ? []
            : ['--cert-file', certificate.cert, '--key-file', certificate.key]),
        ],
        ready: (output) => /ready to serve client requests|serving client (traffic|requests)/.test(output),
      });
      return { ...daemon, port: client, close: () => daemon.stop() };
    }),
  );
  return daemons;
}
