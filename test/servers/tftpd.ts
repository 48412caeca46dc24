import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { type Daemon, freePort, startDaemon, temporaryDirectory } from './daemon.ts';

/** What these tests need to be installed. */
export const TFTPD_PROGRAMS = ['in.tftpd'];
/** in.tftpd drops its rights itself, so it must be started by root. */
export const isRoot = process.getuid?.() === 0;

export interface Tftpd extends Daemon {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts tftpd-hpa on a free port of 127.0.0.1 with these files; those of `secret` nobody may read. */
export async function startTftpd(
  files: { readonly [name: string]: Buffer | string },
  secret: readonly string[] = [],
): Promise<Tftpd> {
  const temporary = temporaryDirectory('tftpd');
  const port = await freePort();
  const root = `${temporary.path}/root`;
  mkdirSync(root);
  for (const directory of [temporary.path, root]) chmodSync(directory, 0o755);
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(`${root}/${name}`, content);
    chmodSync(`${root}/${name}`, secret.includes(name) ? 0o600 : 0o644);
  }
  const daemon = await startDaemon({
    argv: ['in.tftpd', '-L', '-v', '--address', `127.0.0.1:${String(port)}`, '-s', root],
    // It says nothing: whether it hears is asked by the first probe.
    ready: () => true,
  });
  const stop = async () => {
    await daemon.stop();
    temporary.remove();
  };
  return { ...daemon, port, stop, close: stop };
}
