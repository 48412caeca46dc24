import { chmodSync, writeFileSync } from 'node:fs';
import { type Daemon, freePort, startDaemon, temporaryDirectory } from './daemon.ts';

/** What these tests need to be installed. */
export const CHRONYD_PROGRAMS = ['chronyd'];
/** chronyd wants to be started by root, though it sets no clock here. */
export const isRoot = process.getuid?.() === 0;

export interface Chronyd extends Daemon {
  readonly port: number;
  close(): Promise<void>;
}

/** Keys that it has, by id. */
export const KEYS = {
  1: ['MD5', 'md5 secret'],
  2: ['SHA1', 'HEX:00FF10'],
  3: ['SHA256', 'sha256 secret'],
} as const;

/** Starts chronyd on a free port of 127.0.0.1, leaving the clock of this host alone. `lines` are of chrony.conf. */
export async function startChronyd(lines: readonly string[]): Promise<Chronyd> {
  const temporary = temporaryDirectory('chronyd');
  const port = await freePort();
  const at = (name: string) => `${temporary.path}/${name}`;
  const keys = Object.entries(KEYS).map(([id, [type, secret]]) =>
    [id, type, secret.startsWith('HEX:') ? secret : `HEX:${Buffer.from(secret).toString('hex')}`].join(' '),
  );
  writeFileSync(at('keys'), keys.map((line) => `${line}\n`).join(''), { mode: 0o600 });
  const config = [
    `port ${String(port)}`,
    'bindaddress 127.0.0.1',
    'bindcmdaddress /',
    'cmdport 0',
    `pidfile ${at('pid')}`,
    `keyfile ${at('keys')}`,
    ...lines,
  ];
  writeFileSync(at('chrony.conf'), config.map((line) => `${line}\n`).join(''));
  chmodSync(temporary.path, 0o755);
  const daemon = await startDaemon({
    argv: ['chronyd', '-d', '-x', '-u', 'root', '-f', at('chrony.conf')],
    ready: (output) => output.includes('chronyd version'),
  });
  const stop = async () => {
    await daemon.stop();
    temporary.remove();
  };
  return { ...daemon, port, stop, close: stop };
}
