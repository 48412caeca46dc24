import { fail } from '../../prober.ts';

/** What is read of a body, in bytes after decoding. */
export interface BodyLimits {
  /** kept for matching */
  readonly kept: number;
  /** longer is `too_large` */
  readonly longest: number;
}

/** Takes a decoded body piece by piece: all is counted, the beginning kept. */
export interface ReceivedBody {
  /** Takes note of bytes as they came over the wire. */
  came(bytes: number): void;
  /** Takes decoded bytes. Throws a Fault beyond the limits. */
  take(piece: Buffer): void;
  /** the beginning, at most `kept` bytes */
  beginning(): Buffer;
  /** decoded bytes so far */
  size(): number;
}

/** Beyond so much, a body that was packed tighter than any honest one is a bomb. */
const BOMB_BYTES = 16 * 2 ** 20;
const BOMB_RATIO = 100;

export function receiveBody({ kept, longest }: BodyLimits): ReceivedBody {
  const pieces: Buffer[] = [];
  let keptBytes = 0;
  let size = 0;
  let packed = 0;
  return {
    came: (bytes) => void (packed += bytes),
    take(piece) {
      size += piece.length;
      if (size > BOMB_BYTES && size > packed * BOMB_RATIO) {
        fail(
          'too_large',
          'protocol',
          `${String(packed)} bytes unpack to more than ${String(BOMB_BYTES)}: a compression bomb`,
        );
      }
      if (size > longest) {
        fail('too_large', 'protocol', `the body is longer than ${String(longest)} bytes (max_size)`);
      }
      if (keptBytes >= kept) return;
      const wanted = piece.subarray(0, kept - keptBytes);
      pieces.push(wanted);
      keptBytes += wanted.length;
    },
    beginning: () => Buffer.concat(pieces),
    size: () => size,
  };
}
