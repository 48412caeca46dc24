import { execFile, execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { type TestCertificate, testCertificates } from './certificates.ts';
import { type Daemon, findProgram, freePort, startDaemon, temporaryDirectory } from './daemon.ts';

const run = promisify(execFile);

/** What these tests need to be installed. */
export const MARIADB_PROGRAMS = ['mariadbd', 'mariadb', 'mariadb-install-db', 'openssl'];

const FROM_HERE = "'127.0.0.1'";

/** The users that every server has; all but nopassword have the password `se cret`. */
const SETUP = [
  'INSTALL SONAME "auth_ed25519"',
  'CREATE DATABASE shop',
  'CREATE DATABASE private',
  `CREATE USER native@${FROM_HERE} IDENTIFIED BY 'se cret'`,
  `CREATE USER monitor@${FROM_HERE} IDENTIFIED BY 'se cret'`,
  `CREATE USER nopassword@${FROM_HERE}`,
  `CREATE USER secure@${FROM_HERE} IDENTIFIED BY 'se cret' REQUIRE SSL`,
  `CREATE USER certified@${FROM_HERE} IDENTIFIED BY 'se cret' REQUIRE X509`,
  `CREATE USER locked@${FROM_HERE} IDENTIFIED BY 'se cret' ACCOUNT LOCK`,
  `CREATE USER limited@${FROM_HERE} IDENTIFIED BY 'se cret' WITH MAX_QUERIES_PER_HOUR 1`,
  `CREATE USER modern@${FROM_HERE} IDENTIFIED VIA ed25519 USING PASSWORD('se cret')`,
  `CREATE USER follower@${FROM_HERE} IDENTIFIED BY 'se cret'`,
  ...['native', 'monitor', 'nopassword', 'secure', 'certified', 'locked', 'limited', 'modern'].map(
    (user) => `GRANT SELECT, INSERT, CREATE ON shop.* TO ${user}@${FROM_HERE}`,
  ),
  `GRANT REPLICA MONITOR ON *.* TO monitor@${FROM_HERE}`,
  `GRANT REPLICATION SLAVE ON *.* TO follower@${FROM_HERE}`,
];

export interface Mariadb extends Daemon {
  readonly port: number;
  /** Runs SQL as root; gives what the client prints, values alone. */
  sql(text: string): Promise<string>;
  /** Shows this certificate from now on. */
  show(certificate: TestCertificate): Promise<void>;
  close(): Promise<void>;
}

const isRoot = process.getuid?.() === 0;

/** Starts MariaDB on a free port of 127.0.0.1 with the users above. `settings` are options of mariadbd. */
export async function startMariadb(settings: readonly string[] = []): Promise<Mariadb> {
  const temporary = temporaryDirectory('mariadb');
  open += 1;
  let closed = false;
  const at = (name: string) => path.join(temporary.path, name);
  const port = await freePort();
  cpSync(template(), at('data'), { recursive: true });
  const put = ({ cert, key }: TestCertificate) => {
    copyFileSync(cert, at('cert.pem'));
    copyFileSync(key, at('key.pem'));
    own(temporary.path);
  };
  writeFileSync(at('setup.sql'), SETUP.map((line) => `${line};\n`).join(''));
  // It belongs to the owner of the tests, who need not be the server’s.
  copyFileSync(testCertificates().ca, at('ca.pem'));
  put(testCertificates().valid);
  const daemon = await startDaemon({
    argv: [
      findProgram('mariadbd') ?? 'mariadbd',
      '--no-defaults',
      ...(isRoot ? ['--user=mysql'] : []),
      `--datadir=${at('data')}`,
      `--socket=${at('sock')}`,
      `--pid-file=${at('pid')}`,
      `--port=${String(port)}`,
      `--init-file=${at('setup.sql')}`,
      `--ssl-cert=${at('cert.pem')}`,
      `--ssl-key=${at('key.pem')}`,
      `--ssl-ca=${at('ca.pem')}`,
      ...SMALL,
      '--bind-address=127.0.0.1',
      '--skip-name-resolve',
      ...settings,
    ],
    ready: (output) => output.includes('ready for connections'),
    patience_ms: 60_000,
  });
  const sql = async (text: string) => {
    const argv = ['--no-defaults', '-S', at('sock'), '-uroot', '-N', '-B', '-e', text];
    return (await run(findProgram('mariadb') ?? 'mariadb', argv)).stdout.trim();
  };
  const stop = async () => {
    // Nothing in it is worth an orderly end.
    daemon.signal('SIGKILL');
    await daemon.stop();
    temporary.remove();
  };
  return {
    ...daemon,
    port,
    sql,
    async show(certificate) {
      put(certificate);
      await sql('FLUSH SSL');
    },
    stop,
    async close() {
      await stop();
      if (closed) return;
      closed = true;
      open -= 1;
      if (open === 0) removeTemplate();
    },
  };
}

/** It is to start at once, and to need little. */
const SMALL = [
  '--innodb-log-file-size=4M',
  '--innodb-temp-data-file-path=ibtmp1:3M:autoextend',
  '--innodb-buffer-pool-size=8M',
  '--innodb-flush-log-at-trx-commit=0',
  '--innodb-flush-method=nosync',
  '--key-buffer-size=1M',
  '--aria-pagecache-buffer-size=1M',
  '--performance-schema=off',
];

let made: string | null = null;
/** servers that were not closed */
let open = 0;

/** Made once, then copied. */
function template(): string {
  if (made !== null) return made;
  const temporary = temporaryDirectory('mariadb-template').path;
  const directory = path.join(temporary, 'data');
  mkdirSync(directory);
  own(temporary);
  execFileSync(
    findProgram('mariadb-install-db') ?? 'mariadb-install-db',
    [
      '--no-defaults',
      ...(isRoot ? ['--user=mysql'] : []),
      `--datadir=${directory}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      '--skip-name-resolve',
      ...SMALL,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  made = directory;
  return directory;
}

/** With the last server, as a worker may be ended before it clears up. */
function removeTemplate(): void {
  if (made !== null) rmSync(path.dirname(made), { recursive: true, force: true });
  made = null;
}

function own(directory: string): void {
  if (isRoot) execFileSync('chown', ['-R', 'mysql:mysql', directory]);
}
