import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PathSegment } from '../../lib/config/parsed-text.ts';
import { parsePlainYaml } from '../../lib/config/plain-yaml.ts';
import { parseYaml } from '../../lib/config/yaml.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** Every path into a value. */
function pathsOf(value: unknown, above: readonly PathSegment[] = []): (readonly PathSegment[])[] {
  if (typeof value !== 'object' || value === null) return [above];
  const parts: (readonly [PathSegment, unknown])[] = Array.isArray(value)
    ? value.map((item, index) => [index, item] as const)
    : Object.entries(value);
  return [above, ...parts.flatMap(([segment, part]) => pathsOf(part, [...above, segment]))];
}

/** Says nothing, or the same as yaml. */
function agrees(text: string): boolean {
  const plain = parsePlainYaml(text);
  if (plain === null) return false;
  const whole = parseYaml(text);
  expect(whole.problems, text).toEqual([]);
  expect(plain.value, text).toEqual(whole.value);
  return true;
}

describe('YAML as it is mostly written', () => {
  test.each([
    'a: 1\nb: two\n',
    'services:\n  - name: web\n    target: https://example.org/health\n    expect: {status: 200, body: ok}\n  - tcp://db:5432\n',
    'services:\n- name: web\n  tags: [a, "b c", \'d\']\n- x\ndefaults: {interval: 1m}\n',
    '# a comment\na:   # another\n  b: c # and one more\n\n  d: "#"\n',
    'a: null\nb: ~\nc:\nd: true\ne: FALSE\nf: -12\ng: 192.0.2.1\nh: 1.5.2\ni: 1m\nj: -x\nk: "< 500"\n',
    'a: {}\nb: []\nc: {d: {e: [1, [2]]}, f: x}\n',
    'expect:\n  status: ">= 200"\n  json: {$.database: up}\n',
    'a:\n  - b: 1\n    c:\n      - d\n      - e: 2\n  - f: 3\n',
    'a:\n  -\n    b: 1\n  - c\n',
    'command: [/usr/lib/check, -w, "5", -c, "10"]\n',
    'a: http://x/#y\n',
    'at: 2026-12-01 04:00\n',
    'url: redis://:${CACHE}@h:1/0\n',
  ])('is read as yaml reads it: %j', (text) => {
    expect(agrees(text)).toBe(true);
    const [plain, whole] = [parsePlainYaml(text), parseYaml(text)];
    for (const where of pathsOf(whole.value)) {
      expect(plain?.locate(where, 'key'), JSON.stringify(where)).toEqual(whole.locate(where, 'key'));
    }
  });

  test.each([
    ['an anchor', 'a: &x 1\nb: *x\n'],
    ['a merge key', 'a: {b: 1}\nc:\n  <<: {d: 1}\n'],
    ['a block text', 'a: |\n  text\n'],
    ['a text over two lines', 'a: one\n  two\n'],
    ['a quoted text over two lines', 'a: "one\n  two"\n'],
    ['an escape', 'a: "\\n"\n'],
    ['two quotes in one', "a: 'it''s'\n"],
    ['a flow map over two lines', 'a: {b: 1,\n  c: 2}\n'],
    ['a tag', 'a: !!str 1\n'],
    ['a document mark', '---\na: 1\n'],
    ['a tab', 'a:\t1\n'],
    ['a carriage return', 'a: 1\r\n'],
    ['a key twice', 'a: 1\na: 2\n'],
    ['a key that is a prototype', '__proto__: 1\n'],
    ['a float', 'a: 1.5\n'],
    ['octal', 'a: 0o17\n'],
    ['a number with a leading zero', 'a: 007\n'],
    ['a quoted key', '"a b": 1\n'],
    ['a list as the whole', '- a\n'],
    ['a scalar as the whole', 'a\n'],
    ['a reference in flow without quotes', 'a: {b: ${X}}\n'],
    ['a map in one line', 'a: b: c\n'],
    ['wrong indentation', 'a:\n    b: 1\n  c: 2\n'],
    ['an item that is too far left', 'a:\n  - b\n - c\n'],
    ['nothing', ''],
    ['a comma too many', 'a: [b, ]\n'],
    ['a bracket too few', 'a: [b\n'],
  ])('leaves to yaml: %s', (_, text) => {
    expect(parsePlainYaml(text)).toBeNull();
  });

  test('whatever the text, what it says is what yaml says', () => {
    const piece = fc.constantFrom(
      ...[
        'a',
        'b',
        'name',
        'x y',
        '1',
        '-1',
        '0',
        '1.5',
        '0x1',
        '~',
        'null',
        'true',
        'No',
        '.',
        '..',
        '-',
        '- ',
        '-a',
      ],
      ...[
        ': ',
        ':',
        ' ',
        '  ',
        '\n',
        '\n',
        '\n  ',
        '\n    ',
        '\n- ',
        '\n  - ',
        '#',
        ' # c',
        '"',
        "'",
        '"q"',
        "'s'",
        '\\',
      ],
      ...[
        '[',
        ']',
        '{',
        '}',
        ', ',
        ',',
        '&a ',
        '*a',
        '!',
        '|',
        '>',
        '%',
        '@',
        '`',
        '?',
        '? ',
        '<<: ',
        '${X}',
        'é',
        '\u00a0',
      ],
      ...[
        'a: ',
        'b: ',
        'a:\n',
        'k: v\n',
        '- k: v\n',
        '[a, b]',
        '{a: 1}',
        'http://h:1/p',
        '---',
        '...',
        '\t',
        '\r\n',
      ],
    );
    const text = fc.array(piece, { maxLength: 14 }).map((pieces) => `a: ${pieces.join('')}\n`);
    const lines = fc
      .array(
        fc.tuple(
          fc.integer({ min: 0, max: 3 }),
          fc.constantFrom(
            'a:',
            'b:',
            'c: 1',
            'd: x',
            '- a',
            '- b: 2',
            '-',
            '- - x',
            'e: [1, {f: 2}]',
            '# c',
            '',
            'g: "h" # i',
            'x',
          ),
        ),
        { maxLength: 9 },
      )
      .map((all) => all.map(([depth, line]) => `${'  '.repeat(depth)}${line}\n`).join(''));
    let read = 0;
    fc.assert(
      fc.property(fc.oneof(text, lines), (some) => {
        if (agrees(some)) read += 1;
      }),
      { numRuns: 4000 },
    );
    expect(read).toBeGreaterThan(100);
  });

  test('the examples of the documentation are read by it, mostly', () => {
    const pages = ['README.md', ...readdirSync(path.join(ROOT, 'docs')).map((name) => `docs/${name}`)];
    const blocks = pages
      .filter((name) => name.endsWith('.md'))
      .flatMap((name) => [...readFileSync(path.join(ROOT, name), 'utf8').matchAll(/^```yaml\n(.*?)^```$/gms)])
      .map(([, text = '']) => text);
    expect(blocks.length).toBeGreaterThan(20);
    const read = blocks.filter(agrees).length;
    expect(read / blocks.length).toBeGreaterThan(0.7);
  });
});
