import { describe, expect, it } from 'vitest';
import { compileExpectations } from '../../../lib/probe/expect/compile-expectations.ts';
import { judge } from '../../../lib/probe/expect/judge.ts';
import { withDefaults } from '../../../lib/probe/expect/with-defaults.ts';
import { FACTS, reasonsFor } from './facts.ts';

describe('a reason', () => {
  it('says what was seen and what was expected', () => {
    expect(reasonsFor({ number: { min: 200, max: 299 } }, { number: 503 })).toEqual([
      {
        status: 'down',
        code: 'assertion',
        phase: 'expect',
        text: 'number is 503, expected 200 to 299',
        expected: { min: 200, max: 299 },
        got: 503,
        fact: 'number',
      },
    ]);
  });

  it.each([
    [{ ms: '< 2h' }, { ms: 8e6 }, 'ms is 8000000, expected less than 2h'],
    [{ word: ['a', 'b'] }, { word: 'c' }, 'word is c, expected one of a, b'],
    [{ word: '!= a' }, { word: 'a' }, 'word is a, expected anything but a'],
    [{ text: 'ok' }, { text: 'not good' }, 'text is "not good", expected text containing ok'],
    [{ text: 'ok' }, {}, 'text is missing, expected text containing ok'],
    [{ list: { equals: ['a'] } }, { list: [] }, 'list is an empty list, expected exactly a'],
    [{ list: { only: ['a'] } }, { list: ['a', 'b'] }, 'list is a, b, expected nothing but a'],
    [{ list: { count: '>= 2' } }, { list: ['a'] }, 'list is a, expected at least 2 items'],
    [{ json: { '$.db': 'up' } }, { json: { db: 'down' } }, 'json $.db is down, expected up'],
    [{ json: { '$.db': 'up' } }, { json: { db: null } }, 'json $.db is null, expected up'],
    [{ map: { 'Content-Type': 'a' } }, { map: {} }, 'map Content-Type is missing, expected a'],
    [{ word: { exists: false } }, { word: 'x' }, 'word is x, expected nothing'],
    [
      { word: { within: '10.0.0.0/8' } },
      { word: '::1' },
      'word is ::1, expected an address within 10.0.0.0/8',
    ],
  ])('reads well: %j', (expected, facts, text) => {
    expect(reasonsFor(expected, facts)[0]?.text).toBe(text);
  });

  it('has the fact’s own code where it declares one', () => {
    expect(reasonsFor({ days: '>= 14' }, { days: 3 })[0]?.code).toBe('expiring');
  });

  it('has the code that the fact declares for the very value, where it declares one', () => {
    const table = {
      rcode: { kind: 'word', meaning: '', code: 'status', codes: { NXDOMAIN: 'assertion' } },
    } as const;
    const { checks } = compileExpectations({ rcode: 'NOERROR' }, table);
    const codeOf = (rcode: string) => judge({ expect: checks, prefer: [] }, { rcode })[0]?.code;
    expect([codeOf('SERVFAIL'), codeOf('NXDOMAIN')]).toEqual(['status', 'assertion']);
  });

  it('is given only where what stands under `when` holds', () => {
    const section = { list: { count: '>= 1', when: { word: 'ok' } } };
    expect(reasonsFor(section, { list: [], word: 'ok' })[0]?.text).toBe(
      'list is an empty list, expected at least 1 items',
    );
    expect(reasonsFor(section, { list: [], word: 'other' })).toEqual([]);
    expect(reasonsFor(section, { list: [] })).toEqual([]);
    expect(reasonsFor(section, { list: ['a'], word: 'ok' })).toEqual([]);
    expect(compileExpectations({ list: { count: 1, when: { wrod: 'ok' } } }, FACTS).problems).toMatchObject([
      { path: ['list', 'when', 'wrod'] },
    ]);
  });

  it('comes from expect before prefer, and prefer only degrades', () => {
    const compile = (section: Record<string, string>) => compileExpectations(section, FACTS).checks;
    const sections = { expect: compile({ word: 'a', days: '>= 3' }), prefer: compile({ days: '>= 14' }) };
    const reasons = judge(sections, { word: 'b', days: 5 });
    expect(reasons.map(({ fact, status }) => [fact, status])).toEqual([
      ['word', 'down'],
      ['days', 'degraded'],
    ]);
  });

  it('holds hostile text neither raw nor at length', () => {
    const hostile = `\u001b[2J\r\nroot\u202e${'x'.repeat(2_000_000)}`;
    const cases = [
      reasonsFor({ text: 'ok' }, { text: hostile }),
      reasonsFor({ list: 'ok' }, { list: Array.from({ length: 5000 }, () => hostile) }),
      reasonsFor({ map: { a: 'ok' } }, { map: { a: hostile } }),
      reasonsFor({ json: { $: 'ok' } }, { json: { [hostile]: { [hostile]: hostile } } }),
    ];
    for (const reason of cases.flat()) {
      const printed = JSON.stringify(reason);
      expect(reason.text.length).toBeLessThan(500);
      expect(printed.length).toBeLessThan(4096);
      // eslint-disable-next-line no-control-regex
      expect(reason.text + JSON.stringify(reason.got)).not.toMatch(/[\u0000-\u001f\u202e]|\\u00/);
    }
    expect(cases.flat()).toHaveLength(4);
  });
});

describe('a prober’s default expectation', () => {
  it('falls away only when that very fact is named', () => {
    expect(withDefaults({ text: 'ok' }, { number: 200 })).toEqual({ number: 200, text: 'ok' });
    expect(withDefaults({ number: 500 }, { number: 200 })).toEqual({ number: 500 });
    expect(withDefaults({ number: 500 }, undefined)).toEqual({ number: 500 });
  });
});
