import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Daemon, freePort, startDaemon, temporaryDirectory } from './daemon.ts';

/** What these tests need to be installed. */
export const RSYNC_PROGRAMS = ['rsync'];

export interface RsyncDaemon extends Daemon {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Starts an rsync daemon on a free port of 127.0.0.1 with the modules `open`, `guarded` (user probe, password `pass word`),
 * `lost` (its directory is missing), `hidden` (not listed) and `foreign` (for other hosts). `lines` are of its general part.
 */
export async function startRsync(lines: readonly string[] = []): Promise<RsyncDaemon> {
  const temporary = temporaryDirectory('rsync');
  const at = (name: string) => path.join(temporary.path, name);
  mkdirSync(at('files'));
  writeFileSync(at('secrets'), 'probe:pass word\n', { mode: 0o600 });
  writeFileSync(at('motd'), 'Welcome.\nMirrors here.\n');
  const port = await freePort();
  const module = (name: string, ...more: readonly string[]) => [
    `[${name}]`,
    `path = ${at('files')}`,
    ...more,
  ];
  const config = [
    `lock file = ${at('lock')}`,
    `pid file = ${at('pid')}`,
    'use chroot = no',
    'reverse lookup = no',
    ...(process.getuid?.() === 0 ? ['uid = nobody'] : []),
    ...lines.map((line) => line.replace('@', temporary.path)),
    ...module('open', 'comment = for all'),
    ...module('guarded', 'auth users = probe', `secrets file = ${at('secrets')}`),
    ...['[lost]', `path = ${at('nowhere')}`],
    ...module('hidden', 'list = no'),
    ...module('foreign', 'hosts allow = 192.0.2.1'),
  ];
  writeFileSync(at('rsyncd.conf'), `${config.join('\n')}\n`);
  const daemon = await startDaemon({
    argv: [
      ...(['rsync', '--daemon', '--no-detach', '--address=127.0.0.1'] as const),
      ...[`--port=${String(port)}`, `--config=${at('rsyncd.conf')}`],
    ],
    ready: port,
  });
  const stop = async () => {
    await daemon.stop();
    temporary.remove();
  };
  return { ...daemon, port, stop, close: stop };
}
