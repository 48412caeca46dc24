import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Daemon, freePort, startDaemon, temporaryDirectory } from './daemon.ts';

export const DANTE_PROGRAMS = ['danted'];

export interface Danted extends Daemon {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts Dante as a SOCKS5 proxy without login that lets nobody go to 127.0.0.9. */
export async function startDanted(): Promise<Danted> {
  const directory = temporaryDirectory('danted');
  chmodSync(directory.path, 0o755);
  const port = await freePort();
  const file = path.join(directory.path, 'danted.conf');
  writeFileSync(
    file,
    `
logoutput: stderr
internal: 127.0.0.1 port = ${String(port)}
external: lo
socksmethod: none
clientmethod: none
user.privileged: root
user.unprivileged: nobody
client pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }
socks block { from: 0.0.0.0/0 to: 127.0.0.9/32 }
socks pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }
`,
  );
  const daemon = await startDaemon({ argv: ['danted', '-f', file, '-N', '1'], ready: port });
  const stop = async () => {
    await daemon.stop();
    directory.remove();
  };
  return { ...daemon, port, stop, close: stop };
}
