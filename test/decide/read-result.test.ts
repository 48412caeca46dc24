import { describe, expect, test } from 'vitest';
import { readResult } from '../../lib/decide/read-result.ts';
import { live, reason, result } from './story.ts';

const why = reason({ code: 'auth', phase: 'protocol', expected: { min: 2 }, got: [1] });
const FULL = result(3, {
  status: 'down',
  reason: why,
  reasons: [why],
  addresses: [{ address: '192.0.2.7', family: 4, status: 'down', reason: why, duration_ms: 1.5 }],
  attempts: [{ time: '2026-11-21T12:03:00Z', status: 'down', reason: null, duration_ms: 0 }],
  facts: { version: '7', list: ['a', 1, null], deep: { a: { b: true } } },
  metrics: { load1: 0.5 },
  output: 'two\nlines\n',
  description: 'd\ne',
  group: 'g',
  tags: ['x', 'y'],
  vars: { contact: 'ops', room: 4 },
  runbook: 'https://wiki.example.org',
  hint: 'restart it',
  watched: { version: '7', 'odd key': ['  a', '\u0000'] },
});

const wire = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const changed = (changes: object): unknown => readResult(wire({ ...FULL, ...changes }));
const nested = (depth: number): unknown => JSON.parse('[1,'.repeat(depth) + '1' + ']'.repeat(depth));

describe('a result from a pipe', () => {
  test.each([
    ['full', FULL],
    ['sparse', result(0)],
  ])('comes out as it went in: %s', (_, whole) => {
    expect(readResult(wire(whole))).toEqual(whole);
  });

  test('is decided as one that came by no pipe', () => {
    const piped = readResult(wire(FULL));
    expect(piped).toBeTypeOf('object');
    if (typeof piped === 'object') expect(live([result(0), piped])).toEqual(live([result(0), FULL]));
  });

  test('loses the fields that are not known here, at every level', () => {
    const more = { later: 1, events: ['down'], run: { ...FULL.run, later: 1 }, reason: { ...why, later: 1 } };
    expect(changed(more)).toEqual(FULL);
  });

  test('may lack what has a plain meaning when absent', () => {
    const { description, hint, truncated, addresses, watched, ...rest } = FULL;
    const bare = { description: null, hint: null, truncated: false, addresses: [], watched: null };
    expect(readResult(wire(rest))).toEqual({ ...FULL, ...bare });
    expect([description, hint, truncated, addresses.length, watched]).not.toContain(undefined);
  });

  test('has its texts made safe', () => {
    const esc = '\u001b[31m\u0007';
    const seen = changed({
      summary: `down${esc}\nFrom: x`,
      group: `g\n${esc}`,
      tags: [`t${esc}`],
      target: `x://${esc}`,
      output: `a${esc}\r\nb`,
      vars: { [`k${esc}`]: `v${esc}` },
      facts: { list: [`f${esc}`] },
      reason: { ...why, text: `no\u202egood\n` },
    });
    expect(seen).toMatchObject({
      summary: 'down [31m From: x',
      group: 'g [31m',
      output: 'a\ufffd[31m\ufffd\nb',
    });
    const { watched: _, ...printed } = seen as typeof FULL;
    // control characters, but for line ends and tabs inside a text, bidirectional marks
    expect(JSON.stringify(printed)).not.toMatch(/\\u00|\u202e/);
  });

  test('has its texts cut', () => {
    const long = 'x'.repeat(200_000);
    const seen = changed({ summary: long, output: long, facts: { a: long }, reason: { ...why, text: long } });
    expect(seen).toMatchObject({ service: 'cache' });
    if (typeof seen !== 'object') throw new Error('refused');
    expect(JSON.stringify(seen).length).toBeLessThan(140_000);
  });

  test('with __proto__ in it changes nothing but itself', () => {
    const text = JSON.stringify(FULL).replace(
      '"facts":{',
      '"__proto__":{"x":1},"facts":{"__proto__":{"polluted":1},',
    );
    const seen = readResult(JSON.parse(text));
    expect(seen).toMatchObject({ service: 'cache' });
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(Object.getPrototypeOf(seen)).toBe(Object.prototype);
  });
});

describe('what is no result is refused with what was seen and what was expected', () => {
  test.each([
    ['a list', [], 'it is [], expected a JSON object'],
    ['nothing', null, 'it is null, expected a JSON object'],
    ['no JSON at all', undefined, 'it is missing, expected a JSON object'],
    [
      'an event',
      { schema: 'puptime.event.v1' },
      'schema is "puptime.event.v1", expected "puptime.result.v1"',
    ],
    ['something else', { service: 'x' }, 'schema is missing, expected "puptime.result.v1"'],
  ])('%s', (_, value, said) => {
    expect(readResult(value)).toBe(said);
  });

  test.each([
    [{ service: undefined }, 'service is missing, expected a name of letters, digits and . _ - / :'],
    [{ service: '../../etc' }, 'service is "../../etc", expected a name of letters, digits and . _ - / :'],
    [{ service: 'a\nb' }, 'service is "a\\nb", expected a name'],
    [{ service: 'x'.repeat(201) }, 'service is "xxx'],
    [{ status: 'UP' }, 'status is "UP", expected one of up, degraded, down, unknown'],
    [{ time: '2026-13-45T12:00:00Z' }, 'time is "2026-13-45T12:00:00Z", expected a time as in'],
    [{ time: 1700000000 }, 'time is 1700000000, expected a time'],
    [{ started: null }, 'started is null, expected a time'],
    [{ type: '../x' }, 'type is "../x", expected the name of a prober'],
    [{ duration_ms: -1 }, 'duration_ms is -1, expected a number of at least 0 or null'],
    [{ duration_ms: '1' }, 'duration_ms is "1", expected a number'],
    [{ family: 5 }, 'family is 5, expected one of 4, 6 or null'],
    [{ facts: [] }, 'facts is [], expected a map'],
    [{ facts: { a: nested(100) } }, 'facts is {"a":[1,[1,'],
    [{ watched: { a: nested(100) } }, 'watched is {"a":[1,[1,'],
    [{ vars: null }, 'vars is null, expected a map'],
    [{ tags: ['a', 1] }, 'tags[1] is 1, expected a text'],
    [{ tags: new Array(1001).fill('a') }, 'tags is ["a","a"'],
    [{ facts: { a: new Array(200_001).fill(0) } }, 'facts is {"a":[0,0'],
    [{ reason: { ...why, code: 'boom' } }, 'reason.code is "boom", expected one of resolve_nxdomain, '],
    [{ reason: { ...why, phase: undefined } }, 'reason.phase is missing, expected one of resolve, connect'],
    [{ reasons: [why, 'x'] }, 'reasons[1] is "x", expected a map'],
    [
      { timings: { resolve_ms: 1 } },
      'timings.connect_ms is missing, expected a number of at least 0 or null',
    ],
    [{ attempts: {} }, 'attempts is {}, expected a list'],
    [{ run: { id: 'r' } }, 'run.host is missing, expected a text'],
    [{ test: 'no' }, 'test is "no", expected true or false'],
    [{ output: 5 }, 'output is 5, expected a text or null'],
  ])('%o', (changes, said) => {
    const seen = changed(changes);
    expect(seen).toBeTypeOf('string');
    expect(seen).toContain(said);
    expect(String(seen).length).toBeLessThan(700);
  });

  test('however deep it is', () => {
    const said = readResult({ ...FULL, facts: { a: nested(100_000) } });
    expect(said).toContain(
      'facts is {"a":[1,[1,[1,"…"]]]}, expected a map of at most 200000 values, 64 deep',
    );
    expect(readResult({ ...FULL, timings: nested(100_000) })).toContain('expected a map');
  });

  test('and every field that must be there is missed', () => {
    const optional = ['addresses', 'truncated', 'description', 'hint', 'watched'];
    const missed = Object.keys(FULL).filter((name) => typeof changed({ [name]: undefined }) === 'string');
    expect(missed).toEqual(Object.keys(FULL).filter((name) => !optional.includes(name)));
  });
});
