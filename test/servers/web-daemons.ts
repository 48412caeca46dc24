import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TestCertificate } from './certificates.ts';
import { type Daemon, type DaemonStart, freePort, startDaemon, temporaryDirectory, until } from './daemon.ts';

/** A daemon that speaks HTTP on a port of 127.0.0.1. */
export interface WebDaemon extends Daemon {
  readonly port: number;
  readonly directory: string;
  close(): Promise<void>;
}

type Plan = (directory: string, port: number) => Omit<DaemonStart, 'ready'>;

async function start(name: string, plan: Plan): Promise<WebDaemon> {
  const directory = temporaryDirectory(name);
  chmodSync(directory.path, 0o755);
  const port = await freePort();
  const daemon = await startDaemon({ ...plan(directory.path, port), ready: port });
  const stop = async () => {
    await daemon.stop();
    directory.remove();
  };
  return { ...daemon, port, directory: directory.path, stop, close: stop };
}

function write(directory: string, name: string, text: string): string {
  const file = path.join(directory, name);
  writeFileSync(file, text);
  return file;
}

/** Prometheus with nothing to look after, once it says that it is ready. */
export async function startPrometheus(certificate?: TestCertificate): Promise<WebDaemon> {
  const daemon = await start('prometheus', (directory, port) => {
    const config = write(directory, 'prometheus.yml', 'global: {}\n');
    const tls =
      certificate === undefined
        ? []
        : [
            '--web.config.file',
            write(
              directory,
              'web.yml',
              `tls_server_config:\n  cert_file: ${certificate.cert}\n  key_file: ${certificate.key}\n`,
            ),
          ];
    return {
      argv: [
        'prometheus',
        ...['--config.file', config, '--storage.tsdb.path', path.join(directory, 'data')],
        ...['--web.listen-address', `127.0.0.1:${String(port)}`, ...tls],
      ],
    };
  });
  await until('Prometheus to be ready', () =>
    daemon.output().includes('Server is ready to receive web requests'),
  );
  return daemon;
}

/** InfluxDB 1; with `login`, its one user is to be made first (CREATE USER). */
export async function startInflux({
  login = false,
  certificate,
}: { readonly login?: boolean; readonly certificate?: TestCertificate } = {}): Promise<WebDaemon> {
  const rpc = await freePort();
  return start('influx', (directory, port) => {
    const config = write(
      directory,
      'influx.conf',
      `reporting-disabled = true
bind-address = "127.0.0.1:${String(rpc)}"
[meta]
dir = "${directory}/meta"
[data]
dir = "${directory}/data"
wal-dir = "${directory}/wal"
[monitor]
store-enabled = false
[http]
bind-address = "127.0.0.1:${String(port)}"
auth-enabled = ${String(login)}
${certificate === undefined ? '' : `https-enabled = true\nhttps-certificate = "${certificate.cert}"\nhttps-private-key = "${certificate.key}"`}
`,
    );
    return { argv: ['influxd', 'run', '-config', config] };
  });
}

/** The registry of the distribution project; with `login`, it wants user:secret. */
export function startRegistry({
  login = false,
  certificate,
}: { readonly login?: boolean; readonly certificate?: TestCertificate } = {}): Promise<WebDaemon> {
  return start('registry', (directory, port) => {
    // bcrypt of "secret".
    const users = write(
      directory,
      'users',
      'user:$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n',
    );
    const tls =
      certificate === undefined
        ? ''
        : `  tls:\n    certificate: ${certificate.cert}\n    key: ${certificate.key}\n`;
    const auth = login ? `auth:\n  htpasswd:\n    realm: puptime\n    path: ${users}\n` : '';
    const config = write(
      directory,
      'config.yml',
      `version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: ${directory}/data\nhttp:\n  addr: 127.0.0.1:${String(port)}\n${tls}${auth}`,
    );
    return { argv: ['docker-registry', 'serve', config] };
  });
}

/** Icecast; sources log in with "secret". */
export function startIcecast(certificate?: TestCertificate): Promise<WebDaemon> {
  return start('icecast', (directory, port) => {
    const asRoot = process.getuid?.() === 0;
    mkdirSync(path.join(directory, 'log'), { mode: 0o777 });
    chmodSync(path.join(directory, 'log'), 0o777);
    const ssl = certificate === undefined ? '' : '<ssl>1</ssl>';
    const config = write(
      directory,
      'icecast.xml',
      `<icecast>
  <limits><clients>20</clients><sources>4</sources></limits>
  <authentication><source-password>secret</source-password><admin-user>admin</admin-user><admin-password>secret</admin-password></authentication>
  <hostname>localhost</hostname>
  <listen-socket><port>${String(port)}</port><bind-address>127.0.0.1</bind-address>${ssl}</listen-socket>
  <paths>
    <logdir>${directory}/log</logdir><webroot>/usr/share/icecast2/web</webroot><adminroot>/usr/share/icecast2/admin</adminroot>
    ${certificate === undefined ? '' : `<ssl-certificate>${directory}/both.pem</ssl-certificate>`}
  </paths>
  <logging><accesslog>access.log</accesslog><errorlog>-</errorlog><loglevel>2</loglevel></logging>
  <security><chroot>0</chroot>${asRoot ? '<changeowner><user>nobody</user><group>nogroup</group></changeowner>' : ''}</security>
</icecast>
`,
    );
    return { argv: ['icecast2', '-c', config] };
  });
}
