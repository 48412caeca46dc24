import { processorTime } from '../../../contract/processor-time.ts';
import { describe, expect, test } from 'vitest';
import { metricsOf, parsePerfdata } from '../../../../lib/probe/probers/command/perfdata.ts';
import { splitPluginOutput } from '../../../../lib/probe/probers/command/plugin-output.ts';

const item = (label: string, value: number | null, rest: object = {}) => ({
  ...{ label, value, unit: null, warn: null, crit: null, min: null, max: null },
  ...rest,
});

/** performance data · what it says */
const READ: readonly (readonly [string, readonly unknown[]])[] = [
  ['', []],
  ['load1=2.770;5.000;10.000;0; ', [item('load1', 2.77, { warn: '5.000', crit: '10.000', min: 0 })]],
  [
    '/=23551016960B;267847005634;267847005634;0;270552530944',
    [
      item('/', 23551016960, {
        ...{ unit: 'B', warn: '267847005634', crit: '267847005634', min: 0, max: 270552530944 },
      }),
    ],
  ],
  [
    'rta=0.5ms pl=0%;20;60',
    [item('rta', 0.5, { unit: 'ms' }), item('pl', 0, { unit: '%', warn: '20', crit: '60' })],
  ],
  [`'a b'=1 'it''s'=2c '='=3`, [item('a b', 1), item("it's", 2, { unit: 'c' }), item('=', 3)]],
  ['t=-4.5;10:20;@~:5;-10;', [item('t', -4.5, { warn: '10:20', crit: '@~:5', min: -10 })]],
  ['a=U b=1', [item('a', null), item('b', 1)]],
  ['a=0,5s', [item('a', 0.5, { unit: 's' })]],
  ['a=1e3', [item('a', 1000)]],
  ['a=.5', [item('a', 0.5)]],
  ['a=1\tb=2\nc=3', [item('a', 1), item('b', 2), item('c', 3)]],
  ['junk a=1 =5 b= c=x d=2', [item('a', 1), item('d', 2)]],
  [`'never closed=1 a=2`, []],
  [`'quoted' a=2`, [item('a', 2)]],
  ['a=1;;;;', [item('a', 1)]],
  ['\u001b[31mred=1', [item('[31mred', 1)]],
];

describe('performance data', () => {
  test.each(READ)('%j', (text, expected) => {
    expect(parsePerfdata(text)).toEqual(expected);
  });

  test('metrics are the numbers alone, the last one of a label', () => {
    expect(metricsOf(parsePerfdata('a=1 b=U a=2'))).toEqual({ a: 2 });
  });

  test.each([
    ['quotes', `'`.repeat(2 ** 20)],
    ['words', 'a '.repeat(2 ** 19)],
    ['equals signs', '='.repeat(2 ** 20)],
    ['labels', 'a=1 '.repeat(2 ** 18)],
    ['one label', `${'a'.repeat(2 ** 20)}=1`],
    ['digits', `a=${'1'.repeat(2 ** 20)}`],
    ['semicolons', `a=1${';'.repeat(2 ** 20)}`],
  ])('a mebibyte of %s is read in linear time, and is bounded', (_, text) => {
    let found: ReturnType<typeof parsePerfdata> = [];
    expect(processorTime(() => (found = parsePerfdata(text)))).toBeLessThan(500);
    expect(found.length).toBeLessThanOrEqual(1000);
    expect(JSON.stringify(found).length).toBeLessThan(200_000);
  });
});

describe('what a plugin prints', () => {
  test.each([
    ['OK - fine', { text: 'OK - fine', perfdata: '' }],
    ['OK - fine | a=1', { text: 'OK - fine', perfdata: 'a=1' }],
    ['OK|a=1\nlong 1\nlong 2 | b=2\nc=3\nd=4', { text: 'OK\nlong 1\nlong 2', perfdata: 'a=1  b=2 c=3 d=4' }],
    ['OK\nlong', { text: 'OK\nlong', perfdata: '' }],
    ['OK | a=1\n| b=2', { text: 'OK', perfdata: 'a=1  b=2' }],
    ['', { text: '', perfdata: '' }],
  ])('%j', (output, expected) => {
    expect(splitPluginOutput(output)).toEqual(expected);
  });
});
