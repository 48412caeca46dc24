import { type Daemon, findProgram, freePort, startDaemon } from './daemon.ts';

/** A server that inetd would start for each connection. */
export interface ActivatedServer extends Daemon {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Starts what gives this program each connection to a free port of 127.0.0.1 as its input and output; not as root where
 * we are. Unlike with socat no word of a program that ends at once is lost, but what it says on its standard error is not sent.
 */
export async function startActivated(program: string, ...argv: readonly string[]): Promise<ActivatedServer> {
  const port = await freePort();
  const isRoot = process.getuid?.() === 0;
  const command = [findProgram(program) ?? program, ...argv].map((word) =>
    word.replace('PORT', String(port)),
  );
  const listen = [`--listen=127.0.0.1:${String(port)}`, '--accept', '--inetd'];
  const activate = ['systemd-socket-activate', ...listen, ...command] as const;
  const daemon = await startDaemon({
    argv: isRoot ? ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups', ...activate] : activate,
    ready: port,
  });
  return { ...daemon, port, close: () => daemon.stop() };
}
