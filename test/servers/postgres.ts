import { type StdioOptions, execFile, execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, copyFileSync, cpSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { type TestCertificate, testCertificates } from './certificates.ts';
import { type Daemon, findProgram, freePort, startDaemon, temporaryDirectory, until } from './daemon.ts';

const run = promisify(execFile);

/** What these tests need to be installed. */
export const POSTGRES_PROGRAMS = ['postgres', 'initdb', 'pg_basebackup', 'psql', 'setpriv', 'openssl'];

/** Superuser of every cluster, and how it is let in from here. */
const SUPERUSER = 'admin';

/** Who logs in how: pg_hba.conf of every cluster. */
const HBA = [
  ['local', 'all', 'all', '', 'reject'],
  ['host', 'replication', 'all', '127.0.0.1/32', 'trust'],
  ['host', 'all', `${SUPERUSER},trusted,monitor,limited`, '127.0.0.1/32', 'trust'],
  ['host', 'all', 'md5er', '127.0.0.1/32', 'md5'],
  ['host', 'all', 'plain', '127.0.0.1/32', 'password'],
  ['host', 'all', 'banned', '127.0.0.1/32', 'reject'],
  ['hostssl', 'all', 'careful', '127.0.0.1/32', 'trust clientcert=verify-ca'],
  ['hostssl', 'all', 'secure', '127.0.0.1/32', 'scram-sha-256'],
  ['host', 'all', 'scram,puptime', '127.0.0.1/32', 'scram-sha-256'],
];

/** The users that every cluster has; all of them have the password `se cret`. */
const USERS = `
CREATE ROLE trusted LOGIN;
CREATE ROLE monitor LOGIN IN ROLE pg_monitor;
CREATE ROLE limited LOGIN CONNECTION LIMIT 0;
SET password_encryption = 'md5';
CREATE ROLE md5er LOGIN PASSWORD 'se cret';
SET password_encryption = 'scram-sha-256';
CREATE ROLE plain LOGIN PASSWORD 'se cret';
CREATE ROLE scram LOGIN PASSWORD 'se cret';
CREATE ROLE secure LOGIN PASSWORD 'se cret';
CREATE DATABASE shop;
CREATE DATABASE private;
REVOKE CONNECT ON DATABASE private FROM public;
CREATE DATABASE frozen;
ALTER DATABASE frozen SET default_transaction_read_only = on;
CREATE ROLE careful LOGIN;
`;

export interface Postgres extends Daemon {
  readonly port: number;
  readonly directory: string;
  /** Runs SQL as superuser; gives what psql prints, values alone. */
  sql(text: string, database?: string): Promise<string>;
  /** Sets these in its configuration and has it read again. */
  reload(settings: Settings): Promise<void>;
  /** Stops it and removes its files. */
  close(): Promise<void>;
}

type Settings = { readonly [name: string]: string };

export interface PostgresStart {
  readonly settings?: Settings;
  /** a directory made before; else a new cluster */
  readonly directory?: string;
  /** false: it is not waited for until it takes logins */
  readonly ready?: boolean;
}

/** Owner of the files and the process: a server of PostgreSQL does not run as root. */
const isRoot = process.getuid?.() === 0;

/** Starts PostgreSQL on a free port of 127.0.0.1, with TLS and the users above. */
export async function startPostgres({
  settings = {},
  directory = newCluster(),
  ready = true,
}: PostgresStart = {}): Promise<Postgres> {
  const port = await freePort();
  configure(directory, { port: String(port), ...settings });
  open += 1;
  let closed = false;
  const daemon = await startDaemon({
    argv: asOwner(['postgres', '-D', directory]),
    ready: (output) => output.includes(ready ? 'ready to accept' : 'listening on'),
    patience_ms: 60_000,
  });
  return {
    ...daemon,
    port,
    directory,
    async sql(text, database = 'postgres') {
      const target = ['-h', '127.0.0.1', '-p', String(port), '-U', SUPERUSER, '-d', database];
      const { stdout } = await run(program('psql'), [
        '-XqAt',
        ...target,
        '-v',
        'ON_ERROR_STOP=1',
        '-c',
        text,
      ]);
      return stdout.trim();
    },
    async reload(changed) {
      const reloads = () => daemon.output().split('reloading configuration files').length;
      const before = reloads();
      configure(directory, changed);
      process.kill(daemon.pid, 'SIGHUP');
      await until('the configuration to be read again', () => reloads() > before);
    },
    stop: () => stop(daemon),
    async close() {
      await stop(daemon);
      rmSync(path.dirname(directory), { recursive: true, force: true });
      if (closed) return;
      closed = true;
      open -= 1;
      if (open === 0) removeTemplate();
    },
  };
}

/** Where a copy of a running server is, set up to follow it. */
export function copyForReplica(of: Postgres): string {
  const copy = path.join(own(temporaryDirectory('postgres-replica').path), 'data');
  const [program_, ...argv] = asOwner([
    program('pg_basebackup'),
    ...['-D', copy, '-R', '-X', 'stream', '--checkpoint=fast', '--no-sync'],
    ...['-h', '127.0.0.1', '-p', String(of.port), '-U', SUPERUSER],
  ]);
  execFileSync(program_, argv, { stdio: ['ignore', 'ignore', 'pipe'] });
  return copy;
}

/** Settings that make it show this certificate. */
export function showCertificate(directory: string, { cert, key }: TestCertificate): Settings {
  const name = path.basename(cert, '.chain.pem');
  const own_ = (from: string, suffix: string) => {
    const to = path.join(directory, `${name}.${suffix}`);
    copyFileSync(from, to);
    chmodSync(to, 0o600);
    return own(to);
  };
  return { ssl: 'on', ssl_cert_file: own_(cert, 'crt'), ssl_key_file: own_(key, 'key') };
}

export function asOwner(argv: readonly [string, ...string[]]): [string, ...string[]] {
  if (!isRoot) return [...argv];
  const owner = ['--reuid=postgres', '--regid=postgres', '--clear-groups', '--inh-caps=-all'];
  return [program('setpriv'), ...owner, '--', program(argv[0]), ...argv.slice(1)];
}

/** Makes it the owner’s. */
export function own(file: string): string {
  if (isRoot) execFileSync('chown', ['-R', 'postgres:postgres', file]);
  return file;
}

let template: string | null = null;
/** servers that were not closed */
let open = 0;

/** Made once, then copied: initdb takes a second or more. */
function newCluster(): string {
  template ??= makeCluster();
  const directory = path.join(temporaryDirectory('postgres').path, 'data');
  cpSync(template, directory, { recursive: true, preserveTimestamps: true });
  chmodSync(path.dirname(directory), 0o755);
  return own(directory);
}

/** With the last server, as a worker may be ended before it clears up. */
function removeTemplate(): void {
  if (template !== null) rmSync(path.dirname(template), { recursive: true, force: true });
  template = null;
}

function makeCluster(): string {
  const directory = path.join(own(temporaryDirectory('postgres-template').path), 'data');
  const stdio: StdioOptions = ['pipe', 'ignore', 'pipe'];
  const [initdb, ...argv] = asOwner([
    'initdb',
    ...[
      '-D',
      directory,
      '-U',
      SUPERUSER,
      '--no-sync',
      '--no-locale',
      '--wal-segsize=1',
      '-E',
      'UTF8',
      '-A',
      'trust',
    ],
  ]);
  execFileSync(initdb, argv, { stdio });
  const hba = HBA.map((line) => `${line.join(' ')}\n`).join('');
  writeFileSync(path.join(directory, 'pg_hba.conf'), hba);
  configure(directory, {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'off',
    max_connections: '20',
    max_wal_senders: '3',
    min_wal_size: '2MB',
    max_wal_size: '16MB',
    shared_buffers: '8MB',
    log_checkpoints: 'off',
    wal_receiver_status_interval: '1s',
    wal_retrieve_retry_interval: '100ms',
    ...showCertificate(directory, testCertificates().valid),
  });
  const [single, ...rest] = asOwner(['postgres', '--single', '-j', '-D', directory, 'postgres']);
  execFileSync(single, rest, { stdio, input: USERS.replaceAll(';\n', ';\n\n') });
  return directory;
}

function configure(directory: string, settings: Settings): void {
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value}'\n`);
  appendFileSync(path.join(directory, 'postgresql.conf'), lines.join(''));
}

function program(name: string): string {
  return name.includes('/') ? name : (findProgram(name) ?? name);
}

/** At once, without a farewell to its clients: a smart shutdown waits for them. */
async function stop(daemon: Daemon): Promise<void> {
  daemon.signal('SIGCONT');
  daemon.signal('SIGQUIT');
  await daemon.stop();
}
