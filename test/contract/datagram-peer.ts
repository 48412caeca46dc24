import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** A UDP listener on a free port of 127.0.0.1. */
export interface DatagramPeer {
  readonly port: number;
  /** what has come so far */
  readonly received: readonly Buffer[];
  close(): void;
}

/** Answers each datagram with those that `answer` gives. */
export async function answerDatagrams(
  answer: (message: Buffer, turn: number) => Buffer | readonly Buffer[] | null,
): Promise<DatagramPeer> {
  const socket = createSocket('udp4');
  const received: Buffer[] = [];
  let open = true;
  socket.on('message', (message, from) => {
    received.push(message);
    const answers = answer(message, received.length - 1);
    for (const one of answers === null ? [] : Buffer.isBuffer(answers) ? [answers] : answers)
      socket.send(one, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    received,
    close() {
      if (open) socket.close();
      open = false;
    },
  };
}

/** A UDP port of 127.0.0.1 that nothing listens on. */
export async function closedDatagramPort(): Promise<number> {
  const peer = await answerDatagrams(() => null);
  peer.close();
  return peer.port;
}
