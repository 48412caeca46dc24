import { readBytes, u16 } from '../../wire/bytes.ts';

/** What a server says to a read request. Source: RFC 1350 §5, RFC 2347. */
export type TftpPacket =
  | { readonly kind: 'data'; readonly block: number; readonly data: Buffer }
  | { readonly kind: 'options'; readonly options: ReadonlyMap<string, string> }
  | { readonly kind: 'error'; readonly code: number; readonly text: string };

const OPCODE = { read: 1, data: 3, ack: 4, error: 5, options: 6 } as const;

/** Options are asked for by a text each, in the order given. */
export function encodeRead(
  file: string,
  options: readonly (readonly [name: string, value: string])[],
): Buffer {
  const texts = [file, 'octet', ...options.flat()];
  return Buffer.concat([u16(OPCODE.read), Buffer.from(texts.map((text) => `${text}\0`).join(''), 'utf8')]);
}

export function encodeAck(block: number): Buffer {
  return Buffer.concat([u16(OPCODE.ack), u16(block)]);
}

/** “Not defined”: that we have read enough. */
export function encodeEnough(): Buffer {
  return Buffer.concat([u16(OPCODE.error), u16(0), Buffer.from('enough\0')]);
}

export function readPacket(datagram: Buffer, broken: () => never): TftpPacket {
  const bytes = readBytes(datagram, broken);
  const opcode = bytes.u16();
  if (opcode === OPCODE.data) return { kind: 'data', block: bytes.u16(), data: bytes.rest() };
  if (opcode === OPCODE.options) {
    const options = new Map<string, string>();
    while (bytes.left() > 0) options.set(bytes.zeroTerminated().toLowerCase(), bytes.zeroTerminated());
    return { kind: 'options', options };
  }
  if (opcode !== OPCODE.error) return broken();
  const code = bytes.u16();
  // Some forget the NUL at the end.
  return { kind: 'error', code, text: bytes.rest().toString('utf8').replace(/\0.*$/s, '') };
}
