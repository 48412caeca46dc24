import { fail } from '../../prober.ts';
import { safeLine } from '../../../words/safe-text.ts';

/** Takes a chunked body apart as it comes (RFC 9112 §7.1). */
export interface ChunkedReader {
  /** The data in these bytes. Throws a Fault for what is no chunk. */
  push(bytes: Buffer): Buffer;
  /** true once the last chunk and its trailers were seen */
  done(): boolean;
}

const LONGEST_LINE = 4096;
const LONGEST_TRAILERS = 64 * 1024;

type State = 'size' | 'data' | 'data_end' | 'trailers' | 'done';

export function createChunkedReader(): ChunkedReader {
  let state: State = 'size';
  let rest: Buffer = Buffer.alloc(0);
  let left = 0;
  let trailers = 0;

  /** The next line without its end; null until it is whole. */
  const takeLine = (): string | null => {
    const end = rest.indexOf(0x0a);
    if (end > LONGEST_LINE || (end === -1 && rest.length > LONGEST_LINE)) {
      fail('too_large', 'protocol', `a line between chunks is longer than ${String(LONGEST_LINE)} bytes`);
    }
    if (end === -1) return null;
    const line = rest.subarray(0, end).toString('latin1');
    rest = rest.subarray(end + 1);
    return line.endsWith('\r') ? line.slice(0, -1) : line;
  };
  const takeData = (): Buffer => {
    const data = rest.subarray(0, left);
    rest = rest.subarray(data.length);
    left -= data.length;
    if (left === 0) state = 'data_end';
    return data;
  };
  /** One step; false when more bytes are needed for it. */
  const step = (found: Buffer[]): boolean => {
    if (state === 'data') {
      if (rest.length === 0) return false;
      found.push(takeData());
      return true;
    }
    const line = takeLine();
    if (line === null) {
      if (state === 'data_end' && !/^\r?$/.test(rest.subarray(0, 2).toString('latin1'))) badEnd();
      return false;
    }
    if (state === 'size') {
      left = sizeOf(line);
      state = left === 0 ? 'trailers' : 'data';
    } else if (state === 'data_end') {
      if (line !== '') badEnd();
      state = 'size';
    } else {
      trailers += line.length;
      if (trailers > LONGEST_TRAILERS)
        fail('too_large', 'protocol', `the trailers are longer than ${String(LONGEST_TRAILERS)} bytes`);
      if (line === '') state = 'done';
    }
    return true;
  };

  return {
    push(bytes) {
      rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      const found: Buffer[] = [];
      while (!isDone(state) && step(found));
      const [only] = found;
      return found.length === 1 && only !== undefined ? only : Buffer.concat(found);
    },
    done: () => state === 'done',
  };
}

/** Keeps the compiler from taking `state` for unchanged by a step. */
function isDone(state: State): boolean {
  return state === 'done';
}

function sizeOf(line: string): number {
  const [, digits] = /^([0-9a-fA-F]{1,12})[ \t]*(?:;|$)/.exec(line) ?? [];
  if (digits === undefined) {
    fail('protocol', 'protocol', `the chunk size is "${safeLine(line, 40)}", expected a hexadecimal number`);
  }
  return Number.parseInt(digits, 16);
}

function badEnd(): never {
  return fail('protocol', 'protocol', 'a chunk is longer than its size says, expected a line end after it');
}
