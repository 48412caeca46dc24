import { chmodSync, writeFileSync } from 'node:fs';
import { type Daemon, freePort, startDaemon, temporaryDirectory } from './daemon.ts';

/** What these tests need to be installed. */
export const MURMURD_PROGRAMS = ['murmurd'];

export interface Murmurd extends Daemon {
  /** of UDP and TCP */
  readonly port: number;
  close(): Promise<void>;
}

/** Starts Mumble’s server on a free port of 127.0.0.1, for seven users. `lines` are of its configuration. */
export async function startMurmurd(lines: readonly string[] = []): Promise<Murmurd> {
  const temporary = temporaryDirectory('murmurd');
  // Started by root it becomes another user, who writes its database there.
  chmodSync(temporary.path, 0o777);
  const port = await freePort();
  const file = `${temporary.path}/murmur.ini`;
  const config = [
    `database=${temporary.path}/murmur.sqlite`,
    `port=${String(port)}`,
    'host=127.0.0.1',
    'users=7',
    'bandwidth=64000',
    'logfile=',
    'pidfile=',
    'bonjour=false',
    ...lines,
  ];
  writeFileSync(file, config.map((line) => `${line}\n`).join(''));
  const daemon = await startDaemon({
    argv: ['murmurd', '-fg', '-ini', file],
    env: { HOME: temporary.path },
    ready: (output) => output.includes('Server listening on') && output.includes('Not registering'),
    patience_ms: 20_000,
  });
  const stop = async () => {
    await daemon.stop();
    temporary.remove();
  };
  return { ...daemon, port, stop, close: stop };
}
