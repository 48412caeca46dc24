import { type Hash, createHash } from 'node:crypto';
import { fail } from '../../prober.ts';
import type { Datagrams } from '../../wire/datagrams.ts';
import { type TftpPacket, encodeAck, encodeEnough, encodeRead, readPacket } from './packet.ts';

export interface Wanted {
  readonly file: string;
  /** to the end, or only the first block */
  readonly whole: boolean;
  /** whether to ask for size and larger blocks (RFC 2347) */
  readonly negotiate: boolean;
}

export type Transfer =
  | { readonly kind: 'refused'; readonly code: number; readonly text: string }
  | {
      readonly kind: 'read';
      /** what the server says, or what was read to the end; null when neither */
      readonly size: number | null;
      readonly negotiated: boolean;
      readonly first: Buffer;
      /** of all of it, when it was read to the end */
      readonly sha256: string | null;
    };

/** Fits into one Ethernet frame (RFC 2348). */
const LARGE_BLOCK = 1428;
const BLOCK = 512;
const MAX_BYTES = 64 * 2 ** 20;

/** Source: RFC 1350, RFC 2347, RFC 2348, RFC 2349. */
export async function readFile(datagrams: Datagrams, { file, whole, negotiate }: Wanted): Promise<Transfer> {
  const asked = negotiate
    ? ([
        ['tsize', '0'],
        ['blksize', String(LARGE_BLOCK)],
      ] as const)
    : [];
  await datagrams.send(encodeRead(file, asked));
  let packet = await nextPacket(datagrams);
  let [blockSize, size]: [number, number | null] = [BLOCK, null];
  const negotiated = packet.kind === 'options';
  if (packet.kind === 'options') {
    const { options } = packet;
    blockSize = numberOf(options, 'blksize', datagrams.peer) ?? BLOCK;
    size = numberOf(options, 'tsize', datagrams.peer);
    if (!negotiate || blockSize < 8 || blockSize > LARGE_BLOCK)
      return fail('protocol', 'protocol', `${datagrams.peer} grants options that were not asked for`);
    await datagrams.send(encodeAck(0));
    packet = await nextPacket(datagrams);
  }
  if (packet.kind === 'error') return { kind: 'refused', code: packet.code, text: packet.text };
  const reading = { hash: createHash('sha256'), blockSize, whole };
  const { first, total } = await readBlocks(datagrams, packet, reading);
  if (total === null) return { kind: 'read', size, negotiated, first, sha256: null };
  if (size !== null && size !== total)
    fail(
      'truncated',
      'protocol',
      `${datagrams.peer} says that the file has ${String(size)} bytes, but sends ${String(total)}`,
      { expected: size, got: total },
    );
  return { kind: 'read', size: total, negotiated, first, sha256: reading.hash.digest('hex') };
}

/** `total` is null when it was not read to the end. */
async function readBlocks(
  datagrams: Datagrams,
  packet: TftpPacket,
  { hash, blockSize, whole }: { readonly hash: Hash; readonly blockSize: number; readonly whole: boolean },
): Promise<{ readonly first: Buffer; readonly total: number | null }> {
  let [block, total]: [number, number] = [0, 0];
  let first: Buffer | null = null;
  for (let current = packet; ; current = await nextPacket(datagrams)) {
    if (current.kind === 'error')
      return fail('truncated', 'protocol', `${datagrams.peer} breaks off: ${showError(current)}`);
    if (current.kind === 'options') return outOfOrder(datagrams, 'options');
    // Its count begins anew behind 65535.
    const expected = (block + 1) % 65_536;
    if (current.block !== expected) {
      if (first === null || current.block !== block % 65_536)
        return outOfOrder(datagrams, `block ${String(current.block)}`);
      // It has not heard that this one has come.
      await datagrams.send(encodeAck(current.block));
      continue;
    }
    if (current.data.length > blockSize) return outOfOrder(datagrams, 'a block that is too large');
    block += 1;
    total += current.data.length;
    first ??= current.data;
    hash.update(current.data);
    const last = current.data.length < blockSize;
    if (!last && !whole) {
      await datagrams.send(encodeEnough());
      return { first, total: null };
    }
    await datagrams.send(encodeAck(current.block));
    if (last) return { first, total };
    if (total > MAX_BYTES)
      return fail('too_large', 'protocol', `${datagrams.peer} sends more than 64 MiB: leave out \`whole\``);
  }
}

async function nextPacket(datagrams: Datagrams): Promise<TftpPacket> {
  const datagram = await datagrams.receive();
  return readPacket(datagram, () =>
    fail(
      'protocol',
      'protocol',
      `${datagrams.peer} does not speak TFTP: it sent ${String(datagram.length)} bytes that are no packet`,
    ),
  );
}

function outOfOrder({ peer }: Datagrams, what: string): never {
  return fail('protocol', 'protocol', `${peer} sends ${what} out of order`);
}

function showError({ code, text }: { readonly code: number; readonly text: string }): string {
  return `error ${String(code)} ${text}`.slice(0, 200);
}

function numberOf(options: ReadonlyMap<string, string>, name: string, peer: string): number | null {
  const text = options.get(name);
  if (text === undefined) return null;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  return fail('protocol', 'protocol', `${peer} grants an option ${name} that is no number`);
}
