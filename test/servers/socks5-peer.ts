import { type Peer, listen } from '../contract/misbehaving-server.ts';

export interface Socks5PeerSays {
  /** the method that it chooses of those offered; default: by password when that is offered, else none acceptable */
  readonly method?: number;
  /** to a request */
  readonly reply?: readonly number[];
}

/** What it connected from, as an IPv4 address. */
export const BOUND = [5, 0, 0, 1, 192, 0, 2, 7, 0x9c, 0x40];

/** A SOCKS5 proxy written from RFC 1928 and 1929 that connects to nothing; it takes the login user:secret. */
export async function startSocks5Peer({ method, reply = BOUND }: Socks5PeerSays = {}): Promise<Peer> {
  return listen((socket) => {
    let heard = Buffer.alloc(0);
    let turn: 'greeting' | 'login' | 'request' = 'greeting';
    const take = (length: number): Buffer | null => {
      if (heard.length < length) return null;
      const taken = heard.subarray(0, length);
      heard = heard.subarray(length);
      return taken;
    };
    socket.on('data', (data: Buffer) => {
      heard = Buffer.concat([heard, data]);
      if (turn === 'greeting') {
        const greeting = take(2 + (heard[1] ?? 0));
        if (greeting === null) return;
        const chosen = method ?? (greeting.includes(2, 2) ? 2 : 0xff);
        socket.write(Buffer.from([5, chosen]));
        turn = chosen === 2 ? 'login' : 'request';
      } else if (turn === 'login') {
        const right = take(heard.length)?.toString('latin1') === '\x01\x04user\x06secret';
        socket.write(Buffer.from([1, right ? 0 : 1]));
        turn = 'request';
      } else if (take(heard.length) !== null) socket.write(Buffer.from(reply));
    });
  });
}
