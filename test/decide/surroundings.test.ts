import { describe, expect, test } from 'vitest';
import { asUnknown } from '../../lib/decide/as-unknown.ts';
import { decide } from '../../lib/decide/decide.ts';
import { gapOf } from '../../lib/decide/gap.ts';
import { judgeIsolation } from '../../lib/decide/isolation.ts';
import { dependencyHold, parentOf, type Parent } from '../../lib/decide/parents.ts';
import { readRecord } from '../../lib/decide/record.ts';
import { decideRemoved, leavingCause } from '../../lib/decide/removed.ts';
import type { ServiceRecord } from '../../lib/words/record.ts';
import type { Result } from '../../lib/words/result.ts';
import { parseDuration } from '../../lib/words/units.ts';
import { FILES, fromLetter, live, NO_HOOKS, POLICY, reason, result } from './story.ts';
import { readTables, type Table, wordsOf } from './tables.ts';

/** Rows of the table with these columns, each a fixed number of cells. */
function rowsOf(...columns: readonly string[]): Table['rows'] {
  const found = readTables().filter((table) => table.columns.join() === columns.join());
  expect(found).toHaveLength(1);
  return found[0]?.rows ?? [];
}

function recordAfter(letters: string): ServiceRecord | null {
  let record: ServiceRecord | null = null;
  for (const letter of letters === '·' ? [] : wordsOf(letters)) {
    const { run, time } = result(9);
    record =
      letter === 'R' && record !== null
        ? decideRemoved({ record, cause: 'removed', time, run }).record
        : live([fromLetter(letter, 0)], { down_after: 3 }, record).record;
  }
  return record;
}

describe('a parent', () => {
  test.each(rowsOf('now', 'before', 'it counts as', 'because'))(
    '%s after %s is %s: %s',
    (now, before, state) => {
      const seen = now === '·' ? null : fromLetter(now ?? '', 5);
      expect(parentOf('gw', seen, recordAfter(before ?? ''))).toEqual({ name: 'gw', state });
    },
  );

  test.each(rowsOf('needs', 'gw', 'line', 'held by', 'because'))(
    'of which are needed %s, gw %s, line %s: held by %s',
    (needs, gw, line, cause) => {
      const parents = [
        { name: 'gw', state: gw },
        { name: 'line', state: line },
      ] as readonly Parent[];
      const hold = dependencyHold({ mode: needs === 'any' ? 'any' : 'all' }, parents);
      expect(hold).toEqual(cause === '' ? null : { kind: 'dependency', cause, until: null });
    },
  );

  test('without any there is nothing to hold it, and of many three are named', () => {
    expect(dependencyHold({ mode: 'any' }, [])).toBeNull();
    const many = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, state: 'failing' }) as const);
    expect(dependencyHold({ mode: 'all' }, many)?.cause).toBe('a, b, c and 2 more');
  });
});

const run = { id: 'r1', host: 'monitor', config: null };

function canaryResult(name: string, letter: string): readonly (readonly [string, Result])[] {
  if (letter === '-') return [];
  const code = letter === 'N' ? 'resources' : 'tool_missing';
  const why = reason({ status: 'unknown', code });
  const seen = 'N?'.includes(letter)
    ? result(0, { status: 'unknown', reason: why, reasons: [why] })
    : fromLetter(letter, 0);
  return [[name, { ...seen, service: name }]];
}

function judged(words: readonly string[]) {
  let before: ServiceRecord | null = null;
  return words.map((word, minute) => {
    const [a = '-', b = '-'] = word === 'none' ? [] : Array.from(word);
    const isolation = judgeIsolation({
      canaries: word === 'none' ? [] : ['canary/a', 'canary/b'],
      results: new Map([...canaryResult('canary/a', a), ...canaryResult('canary/b', b)]),
      before,
      time: result(minute).time,
      run,
    });
    before = isolation.decision?.record ?? before;
    return isolation;
  });
}

describe('canaries', () => {
  test.each(rowsOf('canaries', 'announced', 'because'))('%s announce %s: %s', (canaries = '', told = '') => {
    const events = judged(wordsOf(canaries)).map(
      ({ decision }) => decision?.drafts.map(({ event }) => event).join('+') || '·',
    );
    expect(events.join(' ')).toBe(told);
  });

  test('tell what is the matter, and how long it was', () => {
    const [, began, , over] = judged(['UU', 'DD', 'DD', 'DU']);
    expect(began).toMatchObject({ isolated: true, trouble: { hold: { kind: 'isolation' } } });
    expect(began?.decision?.drafts[0]).toMatchObject({
      event: 'isolated',
      service: 'puptime',
      type: 'canaries',
      status: 'unknown',
      cause: 'started',
      summary: 'none of 2 canaries answers: this host is cut off (isolated)',
      reason: { code: 'isolated' },
      metrics: { canaries: 2, answering: 0 },
      previous: { status: 'up' },
    });
    expect(over).toMatchObject({ isolated: false, trouble: null });
    expect(over?.decision?.drafts[0]).toMatchObject({
      status: 'up',
      cause: 'stopped',
      summary: 'not cut off any more, after 2m',
      reason: null,
      metrics: { answering: 1 },
    });
  });

  test('are remembered in a record that can be read back and that nobody takes for a service', () => {
    for (const { decision } of judged(['UU', 'DD'])) {
      const record = decision?.record;
      expect(readRecord(JSON.parse(JSON.stringify(record)))).toEqual(record);
      if (record) expect(leavingCause(record, { files: [], services: new Map() })).toBeNull();
    }
  });

  test('that do not answer make every result unknown, and nothing is announced', () => {
    const trouble = judged(['DD'])[0]?.trouble;
    if (!trouble) throw new Error('not isolated');
    const before = live([result(0, { watched: { answer: 1 } })]).record;
    const seen = asUnknown({ ...fromLetter('D', 1), watched: { answer: 2 } }, trouble.own);
    expect(seen).toMatchObject({
      status: 'unknown',
      summary: 'this host is cut off (isolated)',
      reason: { code: 'isolated', status: 'unknown' },
      reasons: [{ code: 'isolated' }, { code: 'refused' }],
    });
    const about = { policy: POLICY, hooks: NO_HOOKS, files: FILES };
    const decision = decide({ ...about, result: seen, before, hold: trouble.hold });
    expect(decision.drafts).toEqual([]);
    expect(decision.record.status).toBe('up');
    const after = decide({ ...about, result: fromLetter('D', 2), before: decision.record });
    expect(after.drafts).toMatchObject([{ event: 'down', cause: null, previous: { status: 'up' } }]);
  });
});

test.each(rowsOf('interval', 'last start', 'gap', 'because'))(
  'with interval %s, last started %s ago, the gap is %s',
  (interval = '', last = '', gap) => {
    const now = Date.parse(result(0).time);
    const ago = (parseDuration(last.replace('-', '')) ?? 0) * (last.startsWith('-') ? -1 : 1);
    const record = last === 'never' ? null : { started: new Date(now - ago).toISOString() };
    const found = gapOf(interval === 'none' ? null : parseDuration(interval), record, now);
    expect(found).toBe(gap === 'none' ? null : parseDuration(gap ?? ''));
  },
);

test('a gap is told with the result after it, and changes no count', () => {
  const about = { policy: { ...POLICY, down_after: { count: 2, of: 2 } }, hooks: NO_HOOKS, files: FILES };
  const before = live([fromLetter('U', 0), fromLetter('D', 1)], { down_after: 2 }).record;
  const { drafts } = decide({ ...about, before, result: fromLetter('D', 59), gap_ms: 3_420_000 });
  expect(drafts).toMatchObject([{ event: 'down', gap_ms: 3_420_000 }]);
});
