import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Address } from '../prober.ts';

/** A socket on the same local port as a connected one, which hears what comes from other ports of the peer. */
export interface Beside {
  /** the local port that both share */
  readonly port: number;
  /** Sends to the port that has answered; false when none has. `sent` is told what went wrong, or null. */
  sends(data: Uint8Array, sent: (problem: Error | null) => void): boolean;
  close(): void;
}

/**
 * The kernel gives a datagram to the connected socket if it comes from where that is connected to, else to this one.
 * So a closed port is still heard of, which an unconnected socket alone would not be told.
 */
export async function openBeside(
  address: Address,
  source: string | null,
  take: (message: Buffer) => void,
  onError: (error: Error) => void,
): Promise<Beside> {
  const socket = createSocket({ type: address.family === 6 ? 'udp6' : 'udp4', reuseAddr: true });
  let partner: number | null = null;
  socket.on('message', (message, from) => {
    // Somebody else’s datagrams are none of ours: neither another host’s nor, later, another port’s.
    if (from.address !== address.ip || (partner !== null && from.port !== partner)) return;
    partner = from.port;
    take(message);
  });
  socket.bind({ port: 0, ...(source === null ? {} : { address: source }) });
  await once(socket, 'listening');
  socket.on('error', onError);
  let open = true;
  return {
    port: socket.address().port,
    sends(data, sent) {
      if (partner === null) return false;
      socket.send(data, partner, address.ip, (problem) => sent(problem));
      return true;
    },
    close() {
      if (open) socket.close();
      open = false;
    },
  };
}
