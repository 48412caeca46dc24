import { describe, expect, test } from 'vitest';
import { decide } from '../../lib/decide/decide.ts';
import { decideRemoved } from '../../lib/decide/removed.ts';
import { type Letter, parseShorthand } from '../../lib/decide/shorthand.ts';
import { simulatedResult } from '../../lib/decide/simulated-result.ts';
import { withheld } from '../../lib/decide/withheld.ts';
import type { Policy } from '../../lib/words/policy.ts';
import type { ServiceRecord } from '../../lib/words/record.ts';
import { NO_HOOKS, POLICY } from './story.ts';
import { policyFrom, readTables, wordsOf } from './tables.ts';

const RUN = { id: 'r', host: 'h', config: null };
const HOLD = { kind: 'silence', cause: 'why', until: null } as const;
const ABOUT = { description: null, group: null, tags: [], vars: {}, runbook: null, hint: null };

const lettersOf = (text: string) => {
  const read = parseShorthand(text);
  return read.kind === 'mistake' ? `${read.position}: ${read.text}` : read.steps;
};

function played(text: string, policy: Policy) {
  const steps = lettersOf(text);
  if (typeof steps === 'string') throw new Error(steps);
  let before: ServiceRecord | null = null;
  return steps.map(({ letter, held }, minute) => {
    const time = new Date(Date.UTC(2026, 10, 21, 12, minute)).toISOString();
    const hold = held ? HOLD : null;
    const { drafts, record, waits } = decided(letter, before, policy, hold, time);
    before = record;
    return { told: drafts.map(({ event }) => event).join('+') || '·', waits };
  });
}

function decided(
  letter: Letter,
  before: ServiceRecord | null,
  policy: Policy,
  hold: typeof HOLD | null,
  time: string,
) {
  if (letter === 'R') {
    if (before === null) throw new Error('R needs a result before it');
    return { ...decideRemoved({ record: before, cause: 'removed', time, run: RUN }), waits: null };
  }
  const result = simulatedResult(letter, { name: 'web', type: 'http', about: ABOUT, policy }, time, RUN);
  const input = { result, before, policy, hooks: NO_HOOKS, files: [], hold };
  const decision = decide(input);
  return { ...decision, waits: withheld(input, decision) };
}

describe('letters', () => {
  test.each([
    ['UUD', 'UUD'],
    [' U  U\tD ', 'UUD'],
    ['U*3D', 'UUUD'],
    ['?19R', '?19R'],
  ])('%j is %s', (text, letters) => {
    const steps = lettersOf(text);
    expect(typeof steps === 'string' ? steps : steps.map(({ letter }) => letter).join('')).toBe(letters);
  });

  test('brackets hold what stands between them', () => {
    expect(lettersOf('U(D*2)U')).toEqual([
      { letter: 'U', held: false },
      { letter: 'D', held: true },
      { letter: 'D', held: true },
      { letter: 'U', held: false },
    ]);
  });

  test.each([
    ['', '1: saw no result'],
    ['UX', '2: saw "X"'],
    ['U d', '3: saw "d", expected one of U W S B D ? 1-9 R ( ) (did you mean D?)'],
    ['*3', '1: saw * without a letter'],
    ['U**3', '2: saw *,'],
    ['U)', '2: saw ) where none may stand'],
    ['((U))', '2: saw ( where none may stand'],
    ['U (', '3: saw a ( without its )'],
    ['U*0', '2: saw *0'],
    ['U*9999UU*9', '9: saw *9'],
  ])('%j is a mistake at %s', (text, words) => {
    expect(lettersOf(text)).toEqual(expect.stringContaining(words));
  });
});

describe.each(readTables().filter(({ columns }) => columns[0] === 'results'))(
  'docs/decisions.md, $heading, $settings',
  ({ settings, rows }) => {
    test.each(rows)('%s announces %s when simulated', (results = '', told = '') => {
      const steps = played(results, policyFrom(settings));
      expect(steps.map((step) => step.told).join(' ')).toBe(wordsOf(told).join(' '));
    });
  },
);

describe('what is held back', () => {
  test.each([
    ['U (D) D', [null, 'down: silence: why', null]],
    ['U (U) U', [null, null, null]],
    ['U D (D U)', [null, null, null, null]],
    ['U (S) S', [null, 'slow: silence: why', null]],
    ['1 (2) 2', [null, 'change: silence: why', null]],
    ['U (?) ?', [null, 'unknown: silence: why', null]],
    ['U (D) ?', [null, 'down: silence: why', null]],
  ])('%s', (text, waits) => {
    const said = played(text, POLICY).map((step) => step.waits);
    expect(said.map((one) => (one === null ? null : `${one.events.join('+')}: ${one.cause}`))).toEqual(waits);
  });

  test('while it flaps', () => {
    const steps = played('UDUDUDUD', { ...POLICY, flapping: { high: 30, low: 20 } });
    expect(steps.at(-1)?.waits).toEqual({ cause: 'flapping', events: ['down'] });
  });
});
