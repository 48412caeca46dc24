/** One result of a story, or what stands for one. */
export interface ShorthandStep {
  readonly letter: Letter;
  /** it stands between brackets: something holds */
  readonly held: boolean;
}

/** Source: docs/decisions.md. */
export const LETTERS = [
  'U',
  'W',
  'S',
  'B',
  'D',
  '?',
  '1',
  '2',
  '3',
  '4',
  '5',
  '6',
  '7',
  '8',
  '9',
  'R',
] as const;
export type Letter = (typeof LETTERS)[number];

export type Shorthand =
  | { readonly kind: 'story'; readonly steps: readonly ShorthandStep[] }
  /** `position` counts characters from 1; the text goes on after it */
  | { readonly kind: 'mistake'; readonly position: number; readonly text: string };

/** Longer stories are a slip of the finger. */
const MOST_STEPS = 10_000;

/** Reads `UUDDDUUS`, `U U (D D) D`, `U*20 D`: a letter each, blanks where one likes them, `*3` for so many of it. */
export function parseShorthand(text: string): Shorthand {
  const steps: ShorthandStep[] = [];
  let opened: number | null = null;
  const mistake = (at: number, words: string): Shorthand => ({
    kind: 'mistake',
    position: at + 1,
    text: words,
  });
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charAt(at);
    const letter = LETTERS.find((known) => known === sign);
    if (/\s/.test(sign)) continue;
    if (sign === '(' && opened === null) opened = at;
    else if (sign === ')' && opened !== null) opened = null;
    else if (letter === undefined) return mistake(at, expectedAt(sign));
    else {
      const [written = '', digits] = /^\*(\d{0,5})/.exec(text.slice(at + 1, at + 8)) ?? [];
      const times = digits === undefined ? 1 : Number(digits);
      if (times < 1 || steps.length + times > MOST_STEPS)
        return mistake(
          at + 1,
          `saw ${written}, expected *1 or more, and at most ${MOST_STEPS} results in all`,
        );
      for (let count = 0; count < times; count += 1) steps.push({ letter, held: opened !== null });
      at += written.length;
    }
  }
  if (opened !== null) return mistake(opened, 'saw a ( without its )');
  return steps.length === 0
    ? mistake(0, 'saw no result, expected letters such as UUDDDUUS')
    : { kind: 'story', steps };
}

function expectedAt(sign: string): string {
  if (sign === '(' || sign === ')')
    return `saw ${sign} where none may stand: brackets come in pairs, not inside each other`;
  if (sign === '*') return 'saw * without a letter before it, expected one as in U*3';
  const upper = LETTERS.find((known) => known === sign.toUpperCase());
  const guess = upper === undefined ? '' : ` (did you mean ${upper}?)`;
  return `saw ${JSON.stringify(sign)}, expected one of U W S B D ? 1-9 R ( )${guess}`;
}
