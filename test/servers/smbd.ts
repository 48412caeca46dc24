import { mkdirSync, writeFileSync } from 'node:fs';
import { type Daemon, freePort, startDaemon, temporaryDirectory } from './daemon.ts';

/** What these tests need to be installed. */
export const SMBD_PROGRAMS = ['smbd'];
/** smbd wants to be started by root. */
export const isRoot = process.getuid?.() === 0;

export interface Smbd extends Daemon {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts Samba’s smbd on a free port of 127.0.0.1. `lines` are of its part [global]. */
export async function startSmbd(lines: readonly string[] = []): Promise<Smbd> {
  const temporary = temporaryDirectory('smbd');
  const port = await freePort();
  const at = (name: string) => `${temporary.path}/${name}`;
  mkdirSync(at('ncalrpc'), { mode: 0o755 });
  const config = [
    '[global]',
    'workgroup = TEST',
    'netbios name = PUPTIME',
    `smb ports = ${String(port)}`,
    'interfaces = 127.0.0.1',
    'bind interfaces only = yes',
    ...['private', 'lock', 'state', 'cache', 'pid'].map(
      (name) => `${name} ${name === 'private' ? 'dir' : 'directory'} = ${temporary.path}`,
    ),
    `ncalrpc dir = ${at('ncalrpc')}`,
    `log file = ${at('log')}`,
    'disable netbios = yes',
    'load printers = no',
    'disable spoolss = yes',
    'rpc start on demand helpers = no',
    ...lines,
  ];
  writeFileSync(at('smb.conf'), config.map((line) => `${line}\n`).join(''));
  const daemon = await startDaemon({
    argv: ['smbd', '-F', '--no-process-group', '-s', at('smb.conf'), '--debug-stdout'],
    ready: port,
  });
  const stop = async () => {
    await daemon.stop();
    temporary.remove();
  };
  return { ...daemon, port, stop, close: stop };
}
