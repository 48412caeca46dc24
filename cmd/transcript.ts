import type { Traced } from '../lib/probe/wire/trace.ts';
import type { Exchange } from '../lib/report/explained.ts';
import { safeLine, safeText } from '../lib/words/safe-text.ts';

/** Kept of what one side says before the other does; more is counted only. */
const KEPT_BYTES = 65_536;
const SHOWN_CHARACTERS = 4096;
const MOST_EXCHANGES = 200;

interface Turn {
  readonly peer: string;
  readonly direction: Exchange['direction'];
  bytes: number;
  readonly kept: Uint8Array[];
}

export interface Transcript {
  readonly add: (entry: Traced) => void;
  /** secrets as `***`; the first ones where there are too many */
  readonly exchanges: (redact: (text: string) => string) => readonly Exchange[];
}

/**
 * Writes down who said what, turn by turn. Pieces are joined before secrets are hidden, and these before anything is cut: half of
 * one must not stay where the network, or we, have cut it.
 */
export function createTranscript(): Transcript {
  const turns: Turn[] = [];
  return {
    add(entry) {
      if (entry.kind !== 'sent' && entry.kind !== 'received') return;
      const { kind: direction, peer, bytes } = entry;
      const last = turns.at(-1);
      const isSame = last?.peer === peer && last.direction === direction;
      if (!isSame && turns.length >= MOST_EXCHANGES) return;
      const turn: Turn = isSame ? last : { peer, direction, bytes: 0, kept: [] };
      if (!isSame) turns.push(turn);
      if (turn.bytes < KEPT_BYTES) turn.kept.push(bytes.subarray(0, KEPT_BYTES - turn.bytes));
      turn.bytes += bytes.length;
    },
    exchanges: (redact) =>
      turns.map(({ peer, direction, bytes, kept }) => {
        const whole = redact(Buffer.concat(kept).toString('utf8'));
        const text = textIn(whole);
        return {
          peer: safeLine(peer),
          direction,
          bytes,
          text: safeText(text, SHOWN_CHARACTERS),
          cut: bytes > KEPT_BYTES || text.length < whole.length || text.length > SHOWN_CHARACTERS,
        };
      }),
  };
}

/** Any control but tabs and line ends, and what is no UTF-8. */
const NO_TEXT = /[^\P{Cc}\t\n\r]|\ufffd/u;

/** The lines up to the first that is no text: the body of an answer may be compressed. */
function textIn(whole: string): string {
  const at = whole.search(NO_TEXT);
  return at === -1 ? whole : whole.slice(0, whole.lastIndexOf('\n', at) + 1);
}
