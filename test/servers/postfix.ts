import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { type Daemon, accepts, freePort, startDaemon, temporaryDirectory, until } from './daemon.ts';
import { type Peer, listen } from '../contract/misbehaving-server.ts';

/** What these tests need to be installed. */
export const POSTFIX_PROGRAMS = ['postfix', 'postconf'];
/** master drops its rights itself, so it must be started by root. */
export const isRoot = process.getuid?.() === 0;

export interface Postfix extends Daemon {
  readonly port: number;
  /** what it has logged so far */
  log(): string;
  close(): Promise<void>;
}

/**
 * Starts postfix with a configuration, queue and port of its own, for mail.example.org with the one mailbox
 * postmaster. `settings` are lines of main.cf.
 */
export async function startPostfix(settings: { readonly [name: string]: string } = {}): Promise<Postfix> {
  const temporary = temporaryDirectory('postfix');
  const port = await freePort();
  const at = (name: string) => path.join(temporary.path, name);
  layOut(temporary.path);
  const main = {
    compatibility_level: '3.6',
    queue_directory: at('queue'),
    data_directory: at('data'),
    maillog_file: at('log'),
    maillog_file_prefixes: temporary.path,
    myhostname: 'mail.example.org',
    mydestination: 'mail.example.org',
    mynetworks: '192.0.2.1/32',
    inet_interfaces: '127.0.0.1',
    inet_protocols: 'ipv4',
    local_recipient_maps: 'inline:{postmaster=x}',
    alias_maps: '',
    smtpd_relay_restrictions: 'reject_unauth_destination',
    smtpd_peername_lookup: 'no',
    disable_dns_lookups: 'yes',
    smtpd_tls_security_level: 'none',
    ...settings,
  };
  writeFileSync(
    at('conf/main.cf'),
    linesOf(Object.entries(main).map(([name, value]) => `${name} = ${value}`)),
  );
  writeFileSync(
    at('conf/master.cf'),
    linesOf([`127.0.0.1:${String(port)} inet n - n - - smtpd`, ...SERVICES]),
  );
  // Postfix reads a file that was written within the last second again and again, until it is older.
  const past = new Date(Date.now() - 60_000);
  for (const name of ['main.cf', 'master.cf']) utimesSync(at(`conf/${name}`), past, past);
  // The master itself, in our process group: `postfix start` checks files for seconds, and gets away from us.
  const directory = execFileSync('postconf', ['-h', 'daemon_directory'], { encoding: 'utf8' }).trim();
  const daemon = await startDaemon({
    argv: [path.join(directory, 'master'), '-c', at('conf'), '-d'],
    ready: port,
  });
  const stop = async () => {
    await daemon.stop();
    // its children end a moment later
    await until('postfix to be gone', async () => !(await accepts(port)));
    temporary.remove();
  };
  const log = () => (existsSync(at('log')) ? readFileSync(at('log'), 'utf8') : '');
  return { ...daemon, port, log, stop, close: stop };
}

/** The directories that `postfix check` would make. */
function layOut(top: string): void {
  const [uid, group] = [idOf('passwd', 'postfix'), idOf('group', 'postdrop')];
  chmodSync(top, 0o755);
  const make = (name: string, mode: number, owner: readonly [number, number] = [0, 0]) => {
    const made = path.join(top, name);
    mkdirSync(made);
    chownSync(made, ...owner);
    chmodSync(made, mode);
  };
  make('conf', 0o755);
  make('data', 0o700, [uid, 0]);
  make('queue', 0o755);
  make('queue/pid', 0o755);
  for (const name of [
    'active',
    'bounce',
    'corrupt',
    'defer',
    'deferred',
    'flush',
    'hold',
    'incoming',
    'private',
  ])
    make(`queue/${name}`, 0o700, [uid, 0]);
  for (const name of ['saved', 'trace']) make(`queue/${name}`, 0o700, [uid, 0]);
  make('queue/maildrop', 0o730, [uid, group]);
  make('queue/public', 0o710, [uid, group]);
}

function idOf(database: 'passwd' | 'group', name: string): number {
  return Number(execFileSync('getent', [database, name], { encoding: 'utf8' }).split(':')[2]);
}

const SERVICES = [
  'cleanup unix n - n - 0 cleanup',
  'qmgr unix n - n 300 1 qmgr',
  'tlsmgr unix - - n 1000? 1 tlsmgr',
  'rewrite unix - - n - - trivial-rewrite',
  'proxymap unix - - n - - proxymap',
  'anvil unix - - n - 1 anvil',
  'postlog unix-dgram n - n - 1 postlogd',
  'local unix - n n - - local',
  'error unix - - n - - error',
];

/**
 * A login server for postfix, which speaks as much of Dovecot’s authentication protocol as it asks for: PLAIN for one
 * user. Source: doc.dovecot.org, “Dovecot authentication protocol”.
 */
export async function startLoginServer(user: string, password: string): Promise<Peer> {
  const right = Buffer.from(`\0${user}\0${password}`).toString('base64');
  return listen((socket) => {
    socket.write(
      'VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t00112233445566778899aabbccddeeff\nDONE\n',
    );
    let unread = '';
    socket.on('data', (data) => {
      const lines = (unread + data.toString()).split('\n');
      unread = lines.pop() ?? '';
      for (const line of lines) {
        const [command, id, ...rest] = line.split('\t');
        if (command !== 'AUTH') continue;
        const accepted = rest.includes(`resp=${right}`);
        socket.write(accepted ? `OK\t${String(id)}\tuser=${user}\n` : `FAIL\t${String(id)}\tuser=${user}\n`);
      }
    });
  });
}

function linesOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
