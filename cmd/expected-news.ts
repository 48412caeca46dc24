import { didYouMean } from '../lib/words/did-you-mean.ts';
import { EVENT_KINDS } from '../lib/words/event.ts';
import { EXIT, UserError } from '../lib/words/problem.ts';
import { safeLine } from '../lib/words/safe-text.ts';
import { type SimulatedStep, wordOf } from '../lib/report/simulation.ts';

const NONE = '·';
const ALSO_NONE: readonly string[] = [NONE, '.', '-'];
const MOST_WORDS = 100_000;

/** Reads `first ·*3 down up+change`: a word for each result, as in docs/decisions.md. Throws UserError 64. */
export function readExpectedNews(text: string): readonly string[] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const read = words.flatMap((written, index) => {
    const [word = '', times = '1'] = written.split('*', 2);
    if (!/^[1-9]\d{0,4}$/.test(times)) throw refused(written, index, 'expected a number after *, as in ·*3');
    return Array.from({ length: Number(times) }, () => wordFrom(word, index));
  });
  if (read.length === 0 || read.length > MOST_WORDS)
    throw new UserError(
      EXIT.usage,
      `--expect: saw ${read.length} words, expected one for each result, as in "first · down"`,
    );
  return read;
}

/** Where the two differ, a line each; empty when they do not. */
export function differences(expected: readonly string[], steps: readonly SimulatedStep[]): readonly string[] {
  const lines = steps.flatMap((step, index) => {
    const wanted = expected[index];
    const got = wordOf(step);
    return wanted === undefined || sorted(wanted) === sorted(got)
      ? []
      : [`result ${step.step} (${step.letter}): expected ${wanted}, saw ${got}`];
  });
  if (expected.length === steps.length) return lines;
  return [...lines, `expected words for ${expected.length} results, saw ${steps.length} results`];
}

function wordFrom(word: string, index: number): string {
  if (ALSO_NONE.includes(word)) return NONE;
  return word
    .split('+')
    .map((part) => kindFrom(part, index))
    .join('+');
}

function kindFrom(part: string, index: number): string {
  const bare = part.replace(/^on_/, '');
  const kind = EVENT_KINDS.find((known) => known === bare);
  if (kind !== undefined) return kind;
  const guess = didYouMean(bare, EVENT_KINDS) || `, expected · for none or one of ${EVENT_KINDS.join(', ')}`;
  throw refused(part, index, `there is no such event${guess}`);
}

function refused(word: string, index: number, text: string): UserError {
  return new UserError(EXIT.usage, `--expect, word ${index + 1}: "${safeLine(word, 40)}": ${text}`);
}

/** The order in which one result’s events come is not what is tested. */
function sorted(word: string): string {
  return word.split('+').sort().join('+');
}
