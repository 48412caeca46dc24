import { type Daemon, freePort, startDaemon, temporaryDirectory, until } from './daemon.ts';

/** What these tests need to be installed. */
export const COTURN_PROGRAMS = ['turnserver'];

export interface Coturn extends Daemon {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts coturn on a free port of 127.0.0.1, and of ::1 when `ip` says so. `more` are arguments. */
export async function startCoturn(more: readonly string[] = [], ip = '127.0.0.1'): Promise<Coturn> {
  const temporary = temporaryDirectory('coturn');
  const port = await freePort();
  const argv = [
    'turnserver',
    '-n',
    `--listening-ip=${ip}`,
    `--listening-port=${String(port)}`,
    '--no-cli',
    '--no-tls',
    '--no-dtls',
    '--log-file=stdout',
    `--pidfile=${temporary.path}/pid`,
    `--userdb=${temporary.path}/db`,
    ...more,
  ] as const;
  const daemon = await startDaemon({
    argv: ['turnserver', ...argv.slice(1)],
    ready: (output) => output.includes('Total General servers'),
  });
  await until('coturn to have its threads', () => daemon.output().includes('admin thread'));
  const stop = async () => {
    await daemon.stop();
    temporary.remove();
  };
  return { ...daemon, port, stop, close: stop };
}
