import { type Daemon, findProgram, freePort, startDaemon } from './daemon.ts';

/** A server that inetd would start for each connection. */
export interface ForkedServer extends Daemon {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts socat, which runs this program for each connection to a free port of 127.0.0.1; not as root where we are. */
export async function startForked(program: string, ...argv: readonly string[]): Promise<ForkedServer> {
  const port = await freePort();
  const isRoot = process.getuid?.() === 0;
  const command = [findProgram(program) ?? program, ...argv].map((word) =>
    word.replace('PORT', String(port)),
  );
  const socat = [
    `TCP-LISTEN:${String(port)},bind=127.0.0.1,reuseaddr,fork,max-children=20`,
    `EXEC:${command.join(' ')},stderr`,
  ];
  const daemon = await startDaemon({
    argv: isRoot
      ? ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups', 'socat', ...socat]
      : ['socat', ...socat],
    ready: port,
  });
  return { ...daemon, port, close: () => daemon.stop() };
}
