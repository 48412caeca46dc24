import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';

/** A listener on a free port of 127.0.0.1. */
export interface Peer {
  readonly port: number;
  /** connections accepted so far */
  connections(): number;
  /** connections still open */
  open(): number;
  close(): Promise<void>;
}

/** Starts a TCP server that does this with each connection. */
export async function listen(handle: (socket: Socket) => void, host = '127.0.0.1'): Promise<Peer> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    // With half-open sockets the peer’s end must be answered, or nothing ever closes.
    socket.on('end', () => socket.end());
    handle(socket);
  });
  server.listen(0, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => accepted,
    open: () => sockets.size,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Ways to be broken while the port is open. */
export const MISBEHAVIOURS = {
  silent: (socket: Socket) => void socket.resume(),
  closing: (socket: Socket) => void socket.end(),
  resetting: (socket: Socket) => void socket.resetAndDestroy(),
  dripping(socket: Socket) {
    socket.resume();
    const timer = setInterval(() => socket.write('a'), 40);
    socket.on('close', () => clearInterval(timer));
  },
  flooding(socket: Socket) {
    socket.resume();
    const block = Buffer.alloc(65_536, 'a');
    const pour = () => {
      while (!socket.destroyed && socket.write(block));
    };
    socket.on('drain', pour);
    pour();
  },
  garbage(socket: Socket) {
    socket.resume();
    socket.write(Buffer.from('\x00\xff\xfe\x1b[31m\x07\x80garbage\r\n\r\n\x00\x01\x02\n', 'latin1'));
  },
  smtp(socket: Socket) {
    socket.write('220 mail.example.org ESMTP\r\n');
    socket.on('data', () => socket.write('500 5.5.2 Error: command not recognised\r\n'));
  },
  ssh(socket: Socket) {
    socket.write('SSH-2.0-OpenSSH_9.2p1\r\n');
    socket.once('data', () => socket.end('Protocol mismatch.\n'));
  },
  http(socket: Socket) {
    socket.once('data', () =>
      socket.end(
        'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 11\r\nConnection: close\r\n\r\nBad Request',
      ),
    );
  },
} as const;

export type Misbehaviour = keyof typeof MISBEHAVIOURS;

/** A proxy before a healthy server that hands on its answers one byte at a time. */
export async function splitting(port: number): Promise<Peer> {
  return proxy(port, (upstream, client) => {
    client.setNoDelay(true);
    let sending = false;
    let ended = false;
    upstream.on('data', (chunk: Buffer) => {
      upstream.pause();
      sending = true;
      const send = (at: number) => {
        if (at >= chunk.length || client.destroyed) {
          sending = false;
          if (ended) client.end();
          else upstream.resume();
          return;
        }
        client.write(chunk.subarray(at, at + 1), () => setImmediate(send, at + 1));
      };
      send(0);
    });
    // A server may hang up long before its last byte is handed on.
    return () => {
      ended = true;
      if (!sending) client.end();
    };
  });
}

/** A proxy that hands on so many bytes of the answers and then hangs up. */
export async function cutting(port: number, bytes: number): Promise<Peer> {
  return proxy(port, (upstream, client) => {
    let left = bytes;
    upstream.on('data', (chunk: Buffer) => {
      client.write(chunk.subarray(0, left));
      left -= chunk.length;
      if (left <= 0) client.end(() => client.destroySoon());
    });
    return undefined;
  });
}

/** `forward` may say what is to be done when the server ends; else the client is ended at once. */
async function proxy(
  port: number,
  forward: (upstream: Socket, client: Socket) => (() => void) | undefined,
): Promise<Peer> {
  return listen((client) => {
    const upstream = connect({ port, host: '127.0.0.1' });
    upstream.on('error', () => client.destroy());
    client.on('data', (chunk) => upstream.write(chunk));
    client.on('end', () => upstream.end());
    client.on('close', () => upstream.destroy());
    const end = forward(upstream, client);
    upstream.on('end', end ?? (() => client.end()));
  });
}

/** A process that listens and is then stopped: the kernel still accepts. Also how a frozen daemon looks. */
export async function stoppedProcess(): Promise<{ readonly port: number; close(): void }> {
  const script = `require('net').createServer(() => {}).listen(0, '127.0.0.1', function () { console.log(this.address().port) })`;
  const env = { PATH: process.env['PATH'] ?? '' };
  const child: ChildProcess = spawn(process.execPath, ['-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  });
  if (!child.stdout) throw new Error('no stdout');
  const [data] = (await once(child.stdout, 'data')) as [Buffer];
  child.kill('SIGSTOP');
  return {
    port: Number(data.toString().trim()),
    close: () => void child.kill('SIGKILL'),
  };
}

/** A port of 127.0.0.1 that nothing listens on. */
export async function closedPort(): Promise<number> {
  const peer = await listen(() => undefined);
  await peer.close();
  return peer.port;
}
