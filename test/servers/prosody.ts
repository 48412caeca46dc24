import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TestCertificate } from './certificates.ts';
import { type Daemon, freePort, startDaemon, temporaryDirectory } from './daemon.ts';

/** What these tests need to be installed. */
export const PROSODY_PROGRAMS = ['prosody'];

export interface Prosody extends Daemon {
  readonly port: number;
  /** for other servers */
  readonly serverPort: number;
  close(): Promise<void>;
}

export interface ProsodyStart {
  readonly certificate?: TestCertificate;
  /** TLS from the first byte on `port` */
  readonly direct?: boolean;
  /** more lines of its configuration */
  readonly lines?: readonly string[];
}

/** Starts prosody for the domain `localhost` with the user `me`, password `pass word`. Not as root, which it refuses. */
export async function startProsody({ certificate, direct, lines = [] }: ProsodyStart = {}): Promise<Prosody> {
  const temporary = temporaryDirectory('prosody');
  const at = (name: string) => path.join(temporary.path, name);
  for (const name of ['data/localhost/accounts', 'certs']) mkdirSync(at(name), { recursive: true });
  writeFileSync(at('data/localhost/accounts/me.dat'), 'return { ["password"] = "pass word"; };\n');
  const [port, other, serverPort] = [await freePort(), await freePort(), await freePort()];
  if (certificate !== undefined) {
    cpSync(certificate.cert, at('cert.pem'));
    cpSync(certificate.key, at('key.pem'));
  }
  const config = [
    `pidfile = "${at('pid')}"`,
    `data_path = "${at('data')}"`,
    'log = { { levels = { min = "info" }, to = "console" } }',
    'interfaces = { "127.0.0.1" }',
    `c2s_ports = { ${String(direct === true ? other : port)} }`,
    `c2s_direct_tls_ports = { ${direct === true ? String(port) : ''} }`,
    `s2s_ports = { ${String(serverPort)} }`,
    'authentication = "internal_plain"',
    'c2s_require_encryption = false',
    ...lines,
    `modules_enabled = { "saslauth", "dialback"${certificate === undefined ? '' : ', "tls"'} }`,
    certificate === undefined
      ? 'modules_disabled = { "tls" }'
      : `ssl = { certificate = "${at('cert.pem')}"; key = "${at('key.pem')}"; }`,
    'VirtualHost "localhost"',
  ];
  writeFileSync(at('prosody.cfg.lua'), `${config.join('\n')}\n`);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) execFileSync('chown', ['-R', 'prosody:prosody', temporary.path]);
  chmodSync(temporary.path, 0o755);
  const daemon = await startDaemon({
    argv: [
      ...(isRoot
        ? (['setpriv', '--reuid=prosody', '--regid=prosody', '--clear-groups', 'prosody'] as const)
        : (['prosody'] as const)),
      ...['-F', '--config', at('prosody.cfg.lua')],
    ],
    cwd: temporary.path,
    ready: port,
  });
  const stop = async () => {
    await daemon.stop();
    temporary.remove();
  };
  return { ...daemon, port, serverPort, stop, close: stop };
}
