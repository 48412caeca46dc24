import { describe, expect, it } from 'vitest';
import type { Json } from '../../lib/words/json.ts';
import { answers, hooksOf, live, result } from './story.ts';

const changesIn = (...values: readonly (Json | undefined)[]) =>
  live(answers(...values)).drafts.flatMap(({ change }) => (change === null ? [] : [change]));

describe('on_change', () => {
  it.each([
    ['11', 'first ·', 'the same value is no change'],
    ['U1', 'first ·', 'a first value is no change'],
    ['12', 'first change', 'another one is'],
    ['1221', 'first change · change', 'each time'],
    ['1D1', 'first down up', 'a failed probe has seen nothing'],
    ['1D2', 'first down up+change', 'what it is after the failure is compared with what it was before'],
    ['1U2', 'first · change', 'a result that does not tell the value leaves it'],
  ])('%s runs %s: %s', (letters, hooks) => {
    expect(hooksOf(letters)).toBe(hooks);
  });

  it('has before, after and a diff', () => {
    expect(changesIn('v1', 'v2')).toEqual([
      { fact: 'answer', before: 'v1', after: 'v2', diff: '- v1\n+ v2' },
    ]);
  });

  it.each<[string, Json, Json]>([
    ['order in a list', ['b', 'a'], ['a', 'b']],
    ['a repeat in a list', ['a'], ['a', 'a']],
    ['order of keys', { a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 }],
    [
      'order of records',
      [
        { ip: 'x', port: 1 },
        { ip: 'y', port: 1 },
      ],
      [
        { port: 1, ip: 'y' },
        { port: 1, ip: 'x' },
      ],
    ],
  ])('is quiet about %s', (_, before, after) => {
    expect(changesIn(before, after)).toEqual([]);
  });

  it.each<[string, Json, Json, string]>([
    ['a number', 1, 2, '- 1\n+ 2'],
    ['a type', 1, '1', '- 1\n+ "1"'],
    ['a value that is gone', 'x', null, '- x'],
    ['a value that has come', null, 'x', '+ x'],
    ['items of a list', ['b', 'a'], ['a', 'c'], '- b\n+ c'],
    ['one record', [{ a: 1 }], [{ a: 2 }], '- {"a":1}\n+ {"a":2}'],
    ['order inside a map', { a: [1, 2] }, { a: [2, 1] }, '-   1,\n-   2\n+   2,\n+   1'],
    ['a map whatever the order of its keys', { a: 1, b: 1 }, { b: 2, a: 1 }, '-  "b": 1\n+  "b": 2'],
    ['a line in a text', 'one\ntwo\nthree', 'one\n2\nthree', '- two\n+ 2'],
    ['lines here and there', 'a\nb\nc\nd\ne', 'a\nc\nd\nx\ne\nf', '- b\n+ x\n+ f'],
  ])('tells of %s', (_, before, after, diff) => {
    const [change] = changesIn(before, after);
    expect(change).toMatchObject({ before, after });
    expect(change?.diff).toBe(diff);
  });

  it('makes the diff safe to print', () => {
    expect(changesIn('ok', 'a\u001b[31mb')[0]?.diff).toBe('- ok\n+ a\ufffd[31mb');
  });

  it('sees a change far behind what it keeps of a long text, and says that it was cut', () => {
    const long = 'x'.repeat(200_000);
    const { drafts, record } = live(answers(`${long}1`, `${long}1`, `${long}2`));
    expect(drafts.map(({ event }) => event)).toEqual(['first', 'change']);
    expect(drafts[1]).toMatchObject({
      truncated: true,
      change: { diff: '+ (differs after the first 16384 characters)' },
    });
    expect(JSON.stringify(record).length).toBeLessThan(20_000);
  });

  it('costs little for long texts that have nothing in common', () => {
    const lines = (word: string) =>
      Array.from({ length: 8000 }, (_, at) => `${word}${at}`)
        .join('\n')
        .slice(0, 16_000);
    const [change] = changesIn(lines('a'), lines('b'));
    expect(change?.diff.length).toBeLessThanOrEqual(4096);
  });

  it('is one event for each fact, and forgets a fact that is not watched any more', () => {
    const watch = ['a', 'b'];
    const seen = (minute: number, a: Json, b: Json) => result(minute, { watched: { a, b } });
    const { drafts, record } = live([seen(0, 1, 1), seen(1, 2, 2)], { watch });
    expect(drafts.map(({ change }) => change?.fact)).toEqual([undefined, 'a', 'b']);
    expect(drafts[1]?.summary).toBe('a changed');
    expect(Object.keys(live([seen(2, 2, 2)], { watch: ['b'] }, record).record.baseline)).toEqual(['b']);
  });

  it('is not fooled by facts named like parts of an object', () => {
    const watch = ['__proto__', 'constructor'];
    expect(live([result(0, { watched: {} }), result(1, { watched: {} })], { watch }).record.baseline).toEqual(
      {},
    );
  });
});
