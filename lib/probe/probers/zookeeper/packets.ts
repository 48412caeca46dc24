import { fail } from '../../prober.ts';
import { type Bytes, i32, readBytes } from '../../wire/bytes.ts';
import type { Conversation } from '../../wire/conversation.ts';

/** How each reply but the first begins. */
export interface Header {
  readonly xid: number;
  /** 0: fine */
  readonly error: number;
}

/** jute.maxbuffer is 1 MiB unless somebody has raised it. */
const MAX_PACKET = 2 ** 21;

/** Reads one packet with its length in front. Source: zookeeper.jute; numbers are big-endian. */
export async function readPacket(conversation: Conversation): Promise<Bytes> {
  const { peer } = conversation;
  const length = (await conversation.readExactly(4)).readInt32BE(0);
  if (length < 16)
    fail('protocol', 'protocol', `${peer} does not speak ZooKeeper: a packet of ${String(length)} bytes`);
  if (length > MAX_PACKET) fail('too_large', 'protocol', `${peer} sent a packet of ${String(length)} bytes`);
  return readBytes(await conversation.readExactly(length), () =>
    fail('protocol', 'protocol', `${peer} sent a packet of ZooKeeper that is shorter than its contents`),
  );
}

export function lengthened(...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([i32(body.length), body]);
}

export function ustring(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  return Buffer.concat([i32(bytes.length), bytes]);
}

export function i64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}
