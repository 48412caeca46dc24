import { describe, expect, it } from 'vitest';
import type { Json } from '../../../lib/words/json.ts';
import { holds, type FactName } from './facts.ts';

type Row = readonly [fact: FactName, seen: Json, matcher: Json, met: boolean];

function table(rows: readonly Row[]) {
  it.each(rows)('%s %j against %j: %s', (fact, seen, matcher, met) => {
    expect(holds(fact, seen, matcher)).toBe(met);
  });
}

describe('a number, bool or word', () => {
  table([
    ['word', 'master', 'master', true],
    ['word', 'masters', 'master', false],
    ['word', '1.1', 1.1, true],
    ['word', '2', 2, true],
    ['text', 'all ok here', 'ok', true],
    ['text', 'all bad here', 'ok', false],
    ['text', 'error 42', 42, true],
    ['text', '< 500', '< 500', true],
    ['text', 'less: < 500 ms', '< 500', true],
    ['text', '3', '< 500', false],
    ['number', 200, 200, true],
    ['number', 201, 200, false],
    ['number', 200, '200', true],
    ['bool', true, true, true],
    ['bool', false, true, false],
    ['bool', true, 'true', true],
    ['list', ['a', 'b'], 'b', true],
    ['list', ['a', 'bb'], 'b', false],
    ['list', [], 'b', false],
    ['numbers', [1, 2], 2, true],
    ['numbers', [1, 2], 3, false],
  ]);
});

describe('a list', () => {
  table([
    ['word', 'b', ['a', 'b'], true],
    ['word', 'c', ['a', 'b'], false],
    ['number', 204, [200, 204], true],
    ['number', 500, [200, 204], false],
    ['number', 302, [200, '>= 300'], true],
    ['text', 'it is fine', ['ok', 'fine'], true],
    ['text', 'it is bad', ['ok', 'fine'], false],
    ['list', ['a', 'b', 'c'], ['a', 'b'], true],
    ['list', ['a', 'c'], ['a', 'b'], false],
    ['numbers', [1, 2, 3], [3, 1], true],
    ['numbers', [1, 2], [3, 1], false],
  ]);
});

describe('a comparison', () => {
  table([
    ['number', 499, '< 500', true],
    ['number', 500, '< 500', false],
    ['number', 500, '<= 500', true],
    ['number', 501, '> 500', true],
    ['number', 500, '>=500', true],
    ['number', -1, '< 0', true],
    ['number', 5, '!= 5', false],
    ['number', 6, '!= 5', true],
    ['ms', 7_199_999, '< 2h', true],
    ['ms', 7_200_000, '< 2h', false],
    ['ms', 1500, '> 1.5s', false],
    ['s', 7199, '< 2h', true],
    ['s', 7201, '< 2h', false],
    ['days', 1.4, '>= 36h', false],
    ['days', 1.5, '>= 36h', true],
    ['days', 14, '>= 2d', true],
    ['percent', 4, '< 5%', true],
    ['bytes', 65_535, '< 64KiB', true],
    ['bytes', 65_536, '< 64KiB', false],
    ['bytes', 10_000_001, '> 10MB', true],
    ['word', 'slave', '!= master', true],
    ['word', 'master', '!= master', false],
    ['word', '<none>', '<none>', true],
    ['bool', false, '!= true', true],
    ['bool', true, '!= true', false],
    ['text', 'maintenance page', '!= maintenance', false],
    ['text', 'shop', '!= maintenance', true],
    ['numbers', [5, 6], '> 4', true],
    ['numbers', [5, 4], '> 4', false],
    ['numbers', [], '> 4', false],
  ]);
});

describe('named matchers', () => {
  table([
    ['word', 'a', { equals: 'a' }, true],
    ['word', '>= 7', { equals: '>= 7' }, true],
    ['number', 200, { equals: 200 }, true],
    ['ms', 2000, { equals: '2s' }, true],
    ['text', 'ok\n', { equals: 'ok' }, true],
    ['text', 'ok!', { equals: 'ok' }, false],
    ['list', ['b', 'a'], { equals: ['a', 'b'] }, true],
    ['list', ['b', 'a', 'c'], { equals: ['a', 'b'] }, false],
    ['list', ['a'], { equals: ['a', 'b'] }, false],
    ['list', ['a', 'a'], { equals: ['a'] }, false],
    ['list', ['a', 'b', 'b'], { equals: ['a', 'a', 'b'] }, false],
    ['list', [], { equals: [] }, true],
    ['list', ['a'], { equals: [] }, false],
    ['list', ['a'], { equals: 'a' }, true],
    ['numbers', [2, 1], { equals: [1, 2] }, true],
    ['word', 'a', { not: 'a' }, false],
    ['word', 'a', { not: ['a', 'b'] }, false],
    ['word', 'c', { not: ['a', 'b'] }, true],
    ['word', 'abc', { not: { matches: '^b' } }, true],
    ['text', 'abc', { not: 'b' }, false],
    ['number', 7, { not: '< 8' }, false],
    ['text', 'abc', { contains: 'b' }, true],
    ['text', 'abc', { contains: ['a', 'c'] }, true],
    ['text', 'abc', { contains: ['a', 'd'] }, false],
    ['word', 'abc', { contains: 'b' }, true],
    ['list', ['abc'], { contains: 'b' }, false],
    ['list', ['abc', 'b'], { contains: 'b' }, true],
    ['text', 'abc', { excludes: 'd' }, true],
    ['text', 'abc', { excludes: ['d', 'a'] }, false],
    ['list', ['a', 'b'], { excludes: 'b' }, false],
    ['list', ['a', 'bb'], { excludes: 'b' }, true],
    ['text', 'version 7.2.1', { matches: '\\d+\\.\\d+' }, true],
    ['text', 'line\nERROR: x', { matches: '(?m)^ERROR' }, true],
    ['text', 'none', { matches: '^x' }, false],
    ['list', ['a1', 'b2'], { matches: '^b' }, true],
    ['list', ['a1', 'b2'], { not_matches: '^b' }, false],
    ['list', ['a1', 'b2'], { not_matches: '^c' }, true],
    ['text', 'ERROR', { not_matches: 'ERR' }, false],
    ['word', 'a', { any_of: ['b', { matches: 'a' }] }, true],
    ['list', ['c'], { any_of: ['a', 'b'] }, false],
    ['list', ['c', 'b'], { any_of: ['a', 'b'] }, true],
    ['text', 'abc', { any_of: ['x', 'b'] }, true],
    ['list', ['a', 'b'], { includes: ['a'] }, true],
    ['list', ['a', 'b'], { includes: ['a', 'c'] }, false],
    ['list', ['a', 'a'], { only: ['a', 'b'] }, true],
    ['list', ['a', 'c'], { only: ['a', 'b'] }, false],
    ['list', [], { only: ['a', 'b'] }, false],
    ['list', ['a', 'b'], { count: 2 }, true],
    ['list', ['a', 'b'], { count: '> 2' }, false],
    ['list', ['a', 'b'], { count: { min: 1, max: 3 } }, true],
    ['list', [], { count: 0 }, true],
    ['records', [{ a: 1 }, { a: 2 }], { count: 2 }, true],
    ['number', 200, { min: 200, max: 299 }, true],
    ['number', 299, { min: 200, max: 299 }, true],
    ['number', 300, { min: 200, max: 299 }, false],
    ['bytes', 2048, { min: '1KiB', max: '2KiB' }, true],
    ['numbers', [1, 9], { max: 8 }, false],
    ['number', 10, { range: '10:20' }, true],
    ['number', 20.5, { range: '10:20' }, false],
    ['number', 15, { range: '@10:20' }, false],
    ['number', 9, { range: '@10:20' }, true],
    ['number', 5, { range: 5 }, true],
    ['number', -1, { range: '5' }, false],
    ['number', -1e6, { range: '~:5' }, true],
    ['number', 9.99, { range: '10:' }, false],
    ['number', 1e12, { range: '10:' }, true],
    ['word', '192.0.2.7', { within: '192.0.2.0/24' }, true],
    ['word', '192.0.3.7', { within: '192.0.2.0/24' }, false],
    ['word', '192.0.3.7', { within: ['192.0.2.0/24', '192.0.3.0/24'] }, true],
    ['word', '2001:db8::7', { within: '2001:DB8::/32' }, true],
    ['word', '2001:db9::7', { within: '2001:db8::/32' }, false],
    ['word', '192.0.2.7', { within: '2001:db8::/32' }, false],
    ['word', '192.0.2.7', { within: '192.0.2.7' }, true],
    ['word', '::ffff:192.0.2.7', { within: '192.0.2.0/24' }, true],
    ['word', 'fe80::1%eth0', { within: 'fe80::/10' }, true],
    ['word', 'garbage', { within: '0.0.0.0/0' }, false],
    ['list', ['192.0.2.7', '10.0.0.1'], { within: '192.0.2.0/24' }, false],
    ['list', ['192.0.2.7', '192.0.2.8'], { within: '192.0.2.0/24' }, true],
    ['word', 'a', { exists: true }, true],
    ['word', 'a', { exists: false }, false],
    ['text', '', { exists: true }, true],
    ['text', 'abc', { contains: 'a', excludes: 'c' }, false],
    ['text', 'abc', { contains: 'a', excludes: 'd' }, true],
  ]);
});

describe('maps, key by key', () => {
  table([
    ['map', { 'content-type': 'text/html' }, { 'content-type': 'text/html' }, true],
    ['map', { 'content-type': 'text/html' }, { 'Content-Type': 'text/html' }, true],
    ['map', { 'content-type': 'text/html; charset=utf-8' }, { 'content-type': 'text/html' }, false],
    [
      'map',
      { 'content-type': 'text/html; charset=utf-8' },
      { 'content-type': { contains: 'text/html' } },
      true,
    ],
    ['map', { 'content-length': '512' }, { 'content-length': '> 500' }, true],
    ['map', { 'set-cookie': ['a=1', 'b=2'] }, { 'set-cookie': 'b=2' }, true],
    ['map', { a: 1, A: 2 }, { A: 2 }, true],
    ['map', { load: 0.5 }, { load: '< 1' }, true],
    ['map', { load: 0.5 }, { load: { max: 0.4 } }, false],
    ['map', {}, { 'x-powered-by': { exists: false } }, true],
    ['map', { 'x-powered-by': 'PHP' }, { 'x-powered-by': { exists: false } }, false],
    ['map', {}, { a: { not: 'b' } }, false],
    ['map', {}, { a: '!= b' }, false],
    ['map', {}, { constructor: { exists: true } }, false],
  ]);
});

describe('JSON, by JSONPath', () => {
  const document = { db: 'up', n: 5, s: '5', nil: null, list: [1, 2], items: [{ v: 1 }, { v: 3 }] };
  table([
    ['json', document, { '$.db': 'up' }, true],
    ['json', document, { '$.db': 'down' }, false],
    ['json', document, { '$.n': '< 6' }, true],
    ['json', document, { '$.s': '< 6' }, false],
    ['json', document, { '$.n': { min: 5, max: 5 } }, true],
    ['json', document, { '$.nil': null }, true],
    ['json', document, { '$.nil': { exists: true } }, true],
    ['json', document, { '$.db': null }, false],
    ['json', document, { '$.none': null }, false],
    ['json', document, { '$.none': { exists: false } }, true],
    ['json', document, { '$.none': '!= x' }, false],
    ['json', document, { '$.none': { excludes: 'x' } }, false],
    ['json', document, { '$.list': 2 }, true],
    ['json', document, { '$.list': { equals: [2, 1] } }, true],
    ['json', document, { '$.list': { count: 2 } }, true],
    ['json', document, { '$.items[*].v': { equals: [3, 1] } }, true],
    ['json', document, { '$.items[*].v': '> 0' }, true],
    ['json', document, { '$.items[?@.v > 2].v': 3 }, true],
    ['json', document, { '$.items[0]': { equals: { v: 1 } } }, true],
    ['json', document, { '$..v': { count: 2 } }, true],
    ['json', document, { $: { count: 6 } }, true],
    ['json', document, { exists: true }, true],
    ['json', [3, 1], { equals: [1, 3] }, true],
    ['json', JSON.parse('{"__proto__": 1}'), { '$["__proto__"]': 1 }, true],
    ['records', [{ days: 20 }, { days: 40 }], { '$[0].days': '>= 14' }, true],
    ['records', [{ days: 20 }, { days: 10 }], { '$[*].days': '>= 14' }, false],
  ]);
});

describe('a missing fact', () => {
  const matchers: Json[] = [
    'x',
    '!= x',
    ['x'],
    { equals: 'x' },
    { not: 'x' },
    { exists: true },
    { any_of: ['x'] },
  ];
  const textual: Json[] = [{ contains: 'x' }, { excludes: 'x' }, { matches: 'x' }, { not_matches: 'x' }];
  const missing = [undefined, null];

  it.each([...matchers, ...textual, { exists: false, not: 'x' }, { not: { exists: true } }])(
    'fails %j',
    (matcher) => {
      for (const seen of missing) {
        expect(holds('word', seen, matcher)).toBe(false);
        expect(holds('text', seen, matcher)).toBe(false);
      }
    },
  );
  it.each([{ count: 0 }, { excludes: 'x' }, { only: ['x'] }, { equals: [] }])(
    'fails %j for a list',
    (matcher) => {
      for (const seen of missing) expect(holds('list', seen, matcher)).toBe(false);
    },
  );
  it.each(['< 5', '!= 5', { min: 0 }, { max: 0 }])('fails %j for a number', (matcher) => {
    for (const seen of missing) expect(holds('number', seen, matcher)).toBe(false);
  });
  it('meets {any_of: [x, {exists: false}]}, which asks for x only where there is anything', () => {
    for (const seen of missing) expect(holds('word', seen, { any_of: ['x', { exists: false }] })).toBe(true);
    expect(holds('word', 'x', { any_of: ['x', { exists: false }] })).toBe(true);
    expect(holds('word', 'y', { any_of: ['x', { exists: false }] })).toBe(false);
  });
  it('meets {exists: false}, whatever its kind', () => {
    for (const seen of missing) {
      for (const fact of ['word', 'text', 'number', 'bool', 'list', 'numbers', 'json', 'records'] as const) {
        expect(holds(fact, seen, { exists: false })).toBe(true);
      }
    }
  });
});
