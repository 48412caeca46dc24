import { describe, expect, test } from 'vitest';
import { decide } from '../../lib/decide/decide.ts';
import { decideRemoved } from '../../lib/decide/removed.ts';
import type { Draft } from '../../lib/words/draft.ts';
import type { Hold, Policy } from '../../lib/words/policy.ts';
import type { ServiceRecord } from '../../lib/words/record.ts';
import { FILES, fromLetter, live, NO_HOOKS, result } from './story.ts';
import { policyFrom, readTables, wordsOf } from './tables.ts';

const HOLDS = ['maintenance', 'silence', 'dependency', 'isolation'] as const;

/** What is announced for each of the results, in the words of the tables. */
function announced(results: string, policy: Policy, kind: Hold['kind']): string {
  const told: string[] = [];
  let before: ServiceRecord | null = null;
  let hold: Hold | null = null;
  for (const word of wordsOf(results)) {
    if (word === '(' || word === ')') {
      hold = word === '(' ? { kind, cause: 'why', until: null } : null;
      continue;
    }
    const { drafts, record } = next(word, told.length, before, policy, hold);
    before = record;
    told.push(drafts.map(({ event }) => event).join('+') || '·');
  }
  return told.join(' ');
}

function next(
  word: string,
  minute: number,
  before: ServiceRecord | null,
  policy: Policy,
  hold: Hold | null,
): { readonly drafts: readonly Draft[]; readonly record: ServiceRecord } {
  if (word !== 'R') {
    return decide({ result: fromLetter(word, minute), before, policy, hooks: NO_HOOKS, files: FILES, hold });
  }
  if (before === null) throw new Error('docs/decisions.md: R needs a result before it');
  const { run, time } = result(minute);
  return decideRemoved({ record: before, cause: 'removed', time, run });
}

const tables = readTables().filter(({ columns }) => columns[0] === 'results');

test('docs/decisions.md has its tables', () => {
  expect(tables.length).toBeGreaterThan(15);
});

describe.each(tables)('docs/decisions.md, $heading, $settings', ({ settings, columns, rows }) => {
  test('has the columns that are run', () => {
    expect(columns).toEqual(['results', 'announced', 'because']);
  });

  test.each(rows)('%s announces %s: %s', (results = '', told = '') => {
    for (const kind of HOLDS) {
      expect(announced(results, policyFrom(settings), kind)).toBe(wordsOf(told).join(' '));
    }
  });
});

test.each(readTables().find(({ columns }) => columns[0] === 'durations')?.rows ?? [['no such table']])(
  'docs/decisions.md: %s ms announce %s: %s',
  (durations = '', told) => {
    const results = durations.split(' ').map((ms, minute) => result(minute, { duration_ms: Number(ms) }));
    const { decisions } = live(results, { slow: { total: 1000 }, slow_window: 3 });
    const events = decisions.map(({ drafts }) => drafts.map(({ event }) => event).join('+') || '·');
    expect(events.join(' ')).toBe(told);
  },
);
