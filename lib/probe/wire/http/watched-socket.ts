import { Duplex } from 'node:stream';
import type { Conversation } from '../conversation.ts';

/**
 * The socket for node:http2, which says GOAWAY to a peer that breaks the protocol but does not tell its caller why, and
 * then waits for the peer to hang up. Here that GOAWAY is seen as it goes out. `early` was read from the socket already.
 */
export function watchSocket(
  socket: ReturnType<Conversation['handover']>,
  early: Buffer | null,
  onGoaway: (code: number) => void,
): Duplex {
  const watch = createGoawayWatch(onGoaway);
  const duplex = new Duplex({
    read: () => void socket.resume(),
    write(bytes: Buffer, _encoding, done) {
      watch(bytes);
      // What goes wrong is told by the socket’s own events.
      if (socket.writable) socket.write(bytes, () => done());
      else done();
    },
    final(done) {
      socket.end(() => done());
    },
    destroy(error, done) {
      socket.destroy();
      done(error);
    },
  });
  // The socket’s own listeners tell of it.
  duplex.on('error', () => undefined);
  if (early !== null) duplex.push(early);
  socket.on('data', (bytes: Buffer) => {
    if (!duplex.push(bytes)) socket.pause();
  });
  socket.on('end', () => void duplex.push(null));
  socket.on('error', (error) => void duplex.destroy(error));
  socket.on('close', () => void duplex.destroy());
  return duplex;
}

const PREFACE_BYTES = 24;
const HEADER_BYTES = 9;
const GOAWAY = 7;

/** Follows outgoing frames (RFC 9113 §4.1) and calls back with the code of a GOAWAY (§6.8). */
function createGoawayWatch(onGoaway: (code: number) => void): (bytes: Buffer) => void {
  let skip = PREFACE_BYTES;
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    for (;;) {
      const skipped = Math.min(skip, rest.length);
      skip -= skipped;
      rest = rest.subarray(skipped);
      if (rest.length < HEADER_BYTES) return;
      const length = rest.readUIntBE(0, 3);
      if (rest[3] === GOAWAY) {
        if (rest.length < HEADER_BYTES + 8) return;
        onGoaway(rest.readUInt32BE(HEADER_BYTES + 4));
      }
      skip = HEADER_BYTES + length;
    }
  };
}
