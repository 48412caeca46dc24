import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { type Answer, type DecodedPacket, type Packet, decode, encode } from 'dns-packet';
import { type Peer, listen } from '../../../contract/misbehaving-server.ts';

/** `flags` of a packet for dns-packet. */
export const AA = 0x0400;
export const TC = 0x0200;
export const RD = 0x0100;
export const RA = 0x0080;
export const NXDOMAIN = 3;
export const SERVFAIL = 2;

/** An answer to this query: its id and question, and what else is given. */
export function replyTo(query: DecodedPacket, reply: Omit<Packet, 'type' | 'id'> = {}): Buffer {
  return encode({
    type: 'response',
    id: query.id ?? 0,
    questions: query.questions ?? [],
    ...reply,
    flags: (reply.flags ?? 0) | RD,
  });
}

export function a(name: string, data: string, ttl = 300): Answer {
  return { type: 'A', name, data, ttl, class: 'IN' };
}

export function cname(name: string, data: string, ttl = 300): Answer {
  return { type: 'CNAME', name, data, ttl, class: 'IN' };
}

/** What a server sends for a query; several datagrams, or none. */
export type Respond = (query: DecodedPacket, bytes: Buffer) => readonly Buffer[];

export const healthy: Respond = (query) => [
  replyTo(query, { flags: AA, answers: [a(query.questions?.[0]?.name ?? '.', '192.0.2.1')] }),
];

export interface UdpPeer {
  readonly port: number;
  /** datagrams received so far */
  received(): number;
  close(): Promise<void>;
}

export async function udpServer(respond: Respond, port = 0): Promise<UdpPeer> {
  const socket = createSocket('udp4');
  let received = 0;
  socket.on('message', (bytes: Buffer, from: RemoteInfo) => {
    received += 1;
    for (const reply of respond(decode(bytes), bytes)) socket.send(reply, from.port, from.address);
  });
  socket.bind(port, '127.0.0.1');
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    received: () => received,
    async close() {
      socket.close();
      await once(socket, 'close');
    },
  };
}

/** Speaks DNS over TCP: two bytes of length before each message. */
export function speakTcp(respond: Respond): (socket: Socket) => void {
  return (socket) => {
    let pending = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const bytes = pending.subarray(2, 2 + pending.readUInt16BE(0));
        pending = pending.subarray(2 + bytes.length);
        for (const reply of respond(decode(bytes), bytes)) socket.write(framed(reply));
      }
    });
  };
}

export function tcpServer(respond: Respond): Promise<Peer> {
  return listen(speakTcp(respond));
}

export function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}
