import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileJsonPath } from '../../../lib/probe/expect/json-path.ts';
import { compilePattern } from '../../../lib/probe/expect/pattern.ts';
import { processorTime } from '../../contract/processor-time.ts';

const NASTY = [
  '(a+)+$',
  '(a*)*b',
  '(a|aa)+$',
  '(a|a?)+$',
  '([a-zA-Z]+)*$',
  '(x+x+)+y',
  '(.*a){20}',
  '^(\\w+\\s?)*$',
  '(.*)(.*)(.*)(.*)b$',
  '(?i)(a+)+$',
  'a{0,500}a{0,500}b',
  '[\\s\\S]{0,200}x[\\s\\S]{0,200}y',
  '(?:(?:a?){20}){20}b',
  '\\b(a+)+\\b$',
];

describe('a regular expression', () => {
  it.each(NASTY)('%s ends soon on 1 MiB of what is worst for it', (source) => {
    const compiled = compilePattern(source);
    if (!compiled.ok) throw new Error(compiled.text);
    for (const text of [
      'a'.repeat(2 ** 20),
      `${'aab'.repeat(349_525)}!`,
      'x'.repeat(2 ** 20),
      'a '.repeat(2 ** 19),
    ]) {
      expect(processorTime(() => compiled.pattern.found(text))).toBeLessThan(2000);
    }
  });

  it('takes no more than in proportion for any nested pattern', () => {
    const atom = fc.constantFrom('a', 'b', '.', '[ab]', '\\w', 'é');
    const pattern = fc.letrec<{ tree: string; leaf: string }>((tie) => ({
      leaf: atom,
      tree: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        tie('leaf'),
        fc
          .tuple(tie('tree'), fc.constantFrom('*', '+', '?', '{0,9}'))
          .map(([inner, times]) => `(?:${inner})${times}`),
        fc.tuple(tie('tree'), tie('tree')).map(([left, right]) => `(?:${left}|${right})`),
        fc.tuple(tie('tree'), tie('tree')).map(([left, right]) => left + right),
      ),
    })).tree;
    fc.assert(
      fc.property(
        pattern,
        fc.array(fc.constantFrom('a', 'b', 'ab', 'é'), { minLength: 1, maxLength: 5 }),
        (source, parts) => {
          const compiled = compilePattern(`${source}$`);
          if (!compiled.ok) return;
          const text = `${parts.join('').repeat(20_000)}!`;
          expect(processorTime(() => compiled.pattern.found(text))).toBeLessThan(3000);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('looks at the first 1 MiB only', () => {
    const compiled = compilePattern('needle');
    if (!compiled.ok) throw new Error(compiled.text);
    expect(compiled.pattern.found(`${'x'.repeat(2 ** 20 - 6)}needle`)).toBe(true);
    expect(compiled.pattern.found(`${'x'.repeat(2 ** 20)}needle`)).toBe(false);
  });
});

describe('a JSONPath', () => {
  const wide: number[] = Array.from({ length: 200_000 }, () => 0);
  it.each(['$..*', '$[*]', '$..[?@ == 0]', '$[?@ == 0]', '$..[?@[?@ == 0]]', '$[?length(@) == 0]'])(
    '%s ends soon on a wide document',
    (source) => {
      const compiled = compileJsonPath(source);
      if (!compiled.ok) throw new Error(compiled.text);
      expect(processorTime(() => compiled.path.select([wide, wide]))).toBeLessThan(3000);
    },
  );
});
