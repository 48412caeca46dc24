import { createInterface } from 'node:readline';
import { readResult } from '../lib/decide/read-result.ts';
import { safeLine } from '../lib/words/safe-text.ts';
import type { Result } from '../lib/words/result.ts';
import type { World } from './world.ts';

const LONGEST_LINE = 4 * 2 ** 20;

export interface ResultLine {
  readonly result: Result | null;
  /** why there is none, with its line */
  readonly text: string;
}

/** Results from stdin, one on each line, until it ends or `signal` is aborted. */
export async function* readResults(world: World, signal: AbortSignal): AsyncGenerator<ResultLine> {
  const lines = createInterface({ input: world.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  signal.addEventListener('abort', () => lines.close(), { once: true });
  let number = 0;
  for await (const line of lines) {
    number += 1;
    if (line.trim() === '') continue;
    const read = line.length > LONGEST_LINE ? 'the line is too long' : readResult(parseLine(line));
    yield typeof read === 'string'
      ? { result: null, text: `stdin:${String(number)}: ${safeLine(read)}: this line is left out` }
      : { result: read, text: '' };
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
