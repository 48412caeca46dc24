import { getHeapStatistics } from 'node:v8';
import { DEEPEST, type TextProblem, TOO_DEEP } from './parsed-text.ts';

/**
 * Running out of memory cannot be caught, and being lost in depths takes long: what will not do is refused before it is
 * parsed. `tokens` takes the text apart, and is asked only when there is reason to; null when nothing is wrong.
 */
export function tooMuch(text: string, tokens: () => Iterable<string>): TextProblem | null {
  if (text.length < SURELY_SMALL && !mayBeDeep(text)) return null;
  const most = getHeapStatistics().heap_size_limit * 0.7;
  let bytes = 0;
  let depth = 0;
  let indicators = 0;
  for (const token of tokens()) {
    bytes += bytesFor(token);
    if (token === '[' || token === '{') depth += 1;
    else if (token === ']' || token === '}') depth -= 1;
    else if (token === '-' || token === '?') indicators += 1;
    else if (token.startsWith('\n')) indicators = 0;
    if (depth + indicators > DEEPEST) return { line: 1, col: 1, text: TOO_DEEP };
    if (bytes > most) {
      const what = 'saw more entries than YAML can be read with in this much memory, expected it as JSON';
      return { line: 1, col: 1, text: `${what}, or split into several files` };
    }
  }
  return null;
}

/** Shorter texts fit anywhere. */
const SURELY_SMALL = 128 * 1024;

/** Cheap, and says yes too often: brackets in texts count too. */
function mayBeDeep(text: string): boolean {
  let depth = 0;
  for (const bracket of text.matchAll(/[[\]{}]/g)) {
    depth += bracket[0] === '[' || bracket[0] === '{' ? 1 : -1;
    if (depth > DEEPEST) return true;
  }
  return /(?:[-?] +){100}/.test(text);
}

/** What yaml needs for a token at most, measured: an entry of a block may be without a value, which is made up then. */
function bytesFor(token: string): number {
  if (token === '-' || token === '?' || token === ':') return 1600;
  return /^[ \n\r]*$/.test(token) ? 100 : 450;
}
