import { describe, expect, test } from 'vitest';
import type { HookMark } from './hook-log.ts';
import { countRepeats, type Evidence, judge, type ViolationKind } from './oracle.ts';

/** `down:1+` began and ended with 0, `down:1!` ended with 1, `down:1` did not end, `…@pager` is another hook’s. */
function marksOf(story: string, service = 'a'): HookMark[] {
  const attempts = new Map<string, number>();
  return story
    .split(' ')
    .filter((word) => word !== '')
    .flatMap((word, index): HookMark[] => {
      const [, event = '', id = '', end = '', lane = 'all'] = /^(\w+):(\w+)([+!]?)@?(\w*)$/.exec(word) ?? [];
      const key = `${id}${lane}`;
      const attempt = (attempts.get(key) ?? 0) + 1;
      attempts.set(key, attempt);
      const shared = {
        pid: `${service}${index}`,
        event,
        id,
        service,
        attempt,
        lane: lane === '' ? 'all' : lane,
      };
      const start = {
        mark: 'start',
        ...shared,
        incident: 'i',
        durable: true,
        status: '',
        file: 'whole',
      } as const;
      return end === '' ? [start] : [start, { mark: 'end', ...shared, code: end === '+' ? 0 : 1 }];
    });
}

const expectedOf = (story: string): Evidence['expected'] =>
  story
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => ({
      service: 'a',
      event: word.replace(/[?*]/, ''),
      ...(word.endsWith('?') ? { optional: true } : {}),
      ...(word.endsWith('*') ? { end: 'given_up' as const } : {}),
    }));

const kinds = (evidence: Evidence): ViolationKind[] => judge(evidence).map(({ kind }) => kind);

describe('what is right', () => {
  test.each([
    ['nothing happened', '', '', 0],
    ['an outage', 'first down up', 'first:1+ down:2+ up:3+', 0],
    ['a hook that failed and was tried again', 'down', 'down:1! down:1! down:1+', 0],
    ['one repeat after one crash', 'down up', 'down:1+ down:1+ up:2+', 1],
    ['a hook that was killed with its runner', 'down', 'down:1 down:1+', 1],
    ['a transition that passed unseen', 'down up down? up?', 'down:1+ up:2+', 0],
    ['one that was seen, though it need not', 'down? up? down up', 'down:1+ up:2+ down:3+ up:4+', 0],
    ['a delivery that was given up', 'down* dead', 'down:1! dead:2+', 0],
  ])('%s', (_what, expected, story, crashes) => {
    expect(judge({ expected: expectedOf(expected), marks: marksOf(story), crashes })).toEqual([]);
  });
});

describe('what is wrong', () => {
  test.each<[string, string, string, number, ViolationKind[]]>([
    ['an outage that nobody heard of', 'first down', 'first:1+', 0, ['lost']],
    ['a hook that never ended well', 'down', 'down:1! down:1!', 0, ['lost']],
    ['a hook that was killed and never tried again', 'down', 'down:1', 1, ['lost']],
    ['an event for nothing', 'first', 'first:1+ degraded:2+', 0, ['invented']],
    ['the same outage under two ids', 'down', 'down:1+ down:2+', 1, ['two_ids', 'unpaired']],
    ['one id for two things', 'down up', 'down:1+ up:1+', 0, ['lost', 'repeated', 'two_ids']],
    ['an on_up that overtakes', 'down up', 'up:2+ down:1+', 0, ['reordered', 'unpaired']],
    ['an on_up without an on_down', 'up', 'up:1+', 0, ['unpaired']],
    ['a recovery that was swallowed', 'down up', 'down:1+', 0, ['lost']],
    ['two on_down in a row', 'down up? down', 'down:1+ down:2+', 0, ['unpaired']],
    ['a repeat without a crash', 'down', 'down:1+ down:1+', 0, ['repeated']],
    ['more repeats than crashes', 'down', 'down:1+ down:1+ down:1', 1, ['repeated']],
  ])('%s', (_what, expected, story, crashes, found) => {
    expect(kinds({ expected: expectedOf(expected), marks: marksOf(story), crashes })).toEqual(found);
  });

  const right = { expected: expectedOf('down up'), crashes: 0 };

  test('an on_up that runs beside its on_down', () => {
    const [down, downEnd, up, upEnd] = marksOf('down:1+ up:2+');
    expect(kinds({ ...right, marks: [down!, up!, downEnd!, upEnd!] })).toEqual(['reordered']);
  });

  test('an attempt that was not counted', () => {
    const marks = marksOf('down:1! down:1+').map((mark) => ({ ...mark, attempt: 1 }));
    expect(kinds({ expected: expectedOf('down'), crashes: 0, marks })).toEqual(['uncounted']);
  });

  test('an on_up of another incident', () => {
    const marks = marksOf('down:1+ up:2+').map((mark) =>
      mark.mark === 'start' ? { ...mark, incident: mark.event } : mark,
    );
    expect(kinds({ ...right, marks })).toEqual(['unpaired']);
    expect(kinds({ ...right, marks, forgetful: true })).toEqual([]);
  });

  test('an on_down that stays without its on_up', () => {
    const evidence = { expected: expectedOf('down? up?'), crashes: 0, marks: marksOf('down:1+') };
    expect(kinds(evidence)).toEqual([]);
    expect(kinds({ ...evidence, upAtEnd: ['a'] })).toEqual(['unpaired']);
  });

  test('a hook without its file', () => {
    const marks = marksOf('down:1+ up:2+').map((mark) =>
      mark.mark === 'start' ? { ...mark, file: 'damaged' } : mark,
    );
    expect(kinds({ ...right, marks })).toEqual(['no_file', 'no_file']);
  });

  test('something left over', () => {
    const marks = marksOf('down:1+ up:2+');
    expect(judge({ ...right, marks, leftovers: ['state/queue/a~2.json'] })).toEqual([
      { kind: 'left_over', text: 'state/queue/a~2.json' },
    ]);
  });

  test('one hook of two that was forgotten', () => {
    const lanes = { down: ['pager', 'mail'], up: ['pager', 'mail'] };
    const marks = marksOf('down:1+@pager down:1+@mail up:2+@mail');
    expect(judge({ ...right, lanes, marks })).toEqual([
      { kind: 'lost', text: 'a, hook pager: no on_up (expected down up, got down)' },
    ]);
  });

  test('what happened to another service', () => {
    const marks = [...marksOf('down:1+ up:2+'), ...marksOf('down:3+', 'b')];
    expect(judge({ ...right, marks }).map(({ text }) => text)).toEqual([
      'b, hook all: on_down for nothing (expected nothing, got down)',
    ]);
  });
});

test('repeats are counted without those that a failure explains', () => {
  expect(countRepeats(marksOf('down:1! down:1+ up:2+ up:2+ first:3 first:3 first:3+'))).toBe(3);
});
