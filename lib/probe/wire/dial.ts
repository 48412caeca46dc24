import { type Socket, connect } from 'node:net';
import { type Address, type CannotTell, Fault } from '../prober.ts';
import { errnoOf, explainError } from './errno.ts';

export interface DialHost {
  readonly signal: AbortSignal;
  aborted(): Fault | CannotTell;
  readonly source: string | null;
  noRoute(family: 4 | 6): boolean;
}

/** `192.0.2.7:443`, `[2001:db8::1]:443`, or the path of a Unix socket. */
export function peerName(where: Address | string): string {
  if (typeof where === 'string') return where;
  return where.family === 6 ? `[${where.ip}]:${String(where.port)}` : `${where.ip}:${String(where.port)}`;
}

/** A connected TCP (or Unix) socket, paused by nobody, with no listener left on it. Rejects with Fault or CannotTell. */
export async function dialSocket(where: Address | string, host: DialHost): Promise<Socket> {
  if (host.signal.aborted) throw host.aborted();
  const socket =
    typeof where === 'string'
      ? connect({ path: where })
      : connect({
          host: where.ip,
          port: where.port,
          family: where.family,
          autoSelectFamily: false,
          noDelay: true,
          ...(host.source === null ? {} : { localAddress: host.source }),
        });
  const noRoute = () => typeof where !== 'string' && host.noRoute(where.family);
  await new Promise<void>((resolve, reject) => {
    const finish = (error: Error | null) => {
      socket.off('connect', onConnect).off('error', onError);
      host.signal.removeEventListener('abort', onAbort);
      // An error between this listener and the next one would end the process.
      socket.on('error', () => undefined);
      if (error === null) {
        resolve();
        return;
      }
      socket.destroy();
      reject(error);
    };
    const onConnect = () => finish(null);
    const onError = (error: Error) =>
      finish(queueFull(error, where) ?? explainError(error, 'connect', peerName(where), noRoute));
    const onAbort = () => finish(host.aborted());
    socket.once('connect', onConnect).once('error', onError);
    host.signal.addEventListener('abort', onAbort, { once: true });
  });
  return socket;
}

/** A Unix socket says EAGAIN when its server does not take connections; for TCP that is about this host. */
function queueFull(error: Error, where: Address | string): Fault | null {
  if (typeof where !== 'string' || errnoOf(error) !== 'EAGAIN') return null;
  const text = `${where} takes no connection: its queue is full`;
  return new Fault({ code: 'overloaded', phase: 'connect', text });
}
