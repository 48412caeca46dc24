import { Duplex } from 'node:stream';
import { safeLine } from '../../../words/safe-text.ts';
import { fail } from '../../prober.ts';
import type { Conversation } from '../../wire/conversation.ts';
import type { TlsFraming } from '../../wire/tls-handshake.ts';

/** Types of packets. Source: MS-TDS §2.2.3.1.1. */
export const PACKET = { batch: 0x01, answer: 0x04, login: 0x10, prelogin: 0x12 } as const;

const HEAD = 8;
/** What every server takes before another size was agreed on. */
const PACKET_SIZE = 4096;
const END_OF_MESSAGE = 1;
const LONGEST_PACKET = 32_768;
const LONGEST_MESSAGE = 8 * 2 ** 20;

/** A message in as many packets as it needs. */
export function packets(type: number, body: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0, number = 1; at < body.length || number === 1; at += PACKET_SIZE - HEAD, number += 1) {
    const part = body.subarray(at, at + PACKET_SIZE - HEAD);
    const isLast = at + part.length >= body.length;
    const head = Buffer.of(type, isLast ? END_OF_MESSAGE : 0, 0, 0, 0, 0, number % 256, 0);
    head.writeUInt16BE(HEAD + part.length, 2);
    parts.push(head, part);
  }
  return Buffer.concat(parts);
}

/** Reads a whole message of the server. */
export async function readMessage(conversation: Conversation): Promise<Buffer> {
  const { peer } = conversation;
  const parts: Buffer[] = [];
  let size = 0;
  for (;;) {
    const start = await conversation.readExactly(1);
    if (start[0] !== PACKET.answer) return notTds(conversation, start);
    const head = Buffer.concat([start, await conversation.readExactly(HEAD - 1)]);
    const length = head.readUInt16BE(2);
    if (length < HEAD || length > LONGEST_PACKET) return notTds(conversation, head);
    parts.push(await conversation.readExactly(length - HEAD));
    size += length;
    if (size > LONGEST_MESSAGE)
      fail('too_large', 'protocol', `${peer} answers with more than ${String(LONGEST_MESSAGE)} bytes`);
    if (((head[1] ?? 0) & END_OF_MESSAGE) !== 0) return Buffer.concat(parts);
  }
}

async function notTds(conversation: Conversation, start: Buffer): Promise<never> {
  const more = conversation.buffered() > 0 ? await conversation.read() : null;
  const got = safeLine(
    Buffer.concat([start, more?.subarray(0, 200) ?? Buffer.alloc(0)]).toString('utf8'),
    60,
  );
  const text = `${conversation.peer} does not speak TDS: it said "${got}"`;
  return fail('protocol', 'protocol', text, { expected: 'an answer of SQL Server', got });
}

/** As long as the handshake lasts, TLS records go in packets (MS-TDS §3.2.5.2); afterwards it is the other way round. */
export function tlsInPackets(): TlsFraming {
  let framed = true;
  return {
    maxVersion: '1.2',
    done: () => void (framed = false),
    wrap(socket) {
      let held = Buffer.alloc(0);
      const unwrap = (chunk: Buffer): Buffer => {
        if (!framed) return chunk;
        held = Buffer.concat([held, chunk]);
        const records: Buffer[] = [];
        while (held.length >= HEAD) {
          const length = held.readUInt16BE(2);
          // What is no packet is handed on as it is, for TLS to say that it is none of its.
          if (held[0] !== PACKET.prelogin || length < HEAD) return Buffer.concat([...records, held]);
          if (held.length < length) break;
          records.push(held.subarray(HEAD, length));
          held = held.subarray(length);
        }
        return Buffer.concat(records);
      };
      const stream = new Duplex({
        read: () => void socket.resume(),
        write(chunk: Buffer, _encoding, done) {
          socket.write(framed ? packets(PACKET.prelogin, chunk) : chunk, (error) => done(error ?? null));
        },
        final: (done) => void socket.end(() => done()),
        destroy(error, done) {
          socket.destroy();
          done(error);
        },
      });
      socket.on('data', (chunk: Buffer) => {
        const records = unwrap(chunk);
        if (records.length > 0 && !stream.push(records)) socket.pause();
      });
      socket.on('end', () => stream.push(null));
      socket.on('error', (error) => stream.destroy(error));
      socket.on('close', () => stream.destroy());
      return stream;
    },
  };
}
