import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkConfig } from '../../lib/config/check-config.ts';

/** Whatever a file holds, it comes to a config or to problems that can be printed. */
async function bear(text: string): Promise<void> {
  const checked = await checkConfig([{ file: 'x.yaml', text }], { cwd: '/', env: { A: 'value-of-a' } });
  if (checked.ok) {
    expect(JSON.parse(JSON.stringify(checked.value.config))).toEqual(checked.value.config);
    return;
  }
  expect(checked.problems.length).toBeGreaterThan(0);
  for (const { line, path, text: what } of checked.problems) {
    expect(what).not.toBe('');
    // eslint-disable-next-line no-control-regex -- nothing of these may reach a terminal
    expect(path + what).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    if (line !== null) expect(line).toBeGreaterThan(0);
  }
}

const KEYS = [
  'name',
  'target',
  'command',
  'expect',
  'prefer',
  'matrix',
  'hooks',
  'tls',
  'timeout',
  'retries',
  'watch',
  'filter',
  'vars',
  'tags',
  'ip',
  'defaults',
  'services',
  'maintenance',
  'cron',
  'for',
  'from',
  'to',
  'tz',
  'depends_on',
  'any',
  'canaries',
  'remind',
  'every',
  'flapping',
  'slow',
  'down_after',
  'run_if',
  'jitter',
  'interval',
  'per_host',
  '__proto__',
  'constructor',
  'status',
  'body',
  'toString',
];
const VALUES = [
  'https://example.org',
  'redis://:${A}@h:${B}',
  '${A}',
  '${',
  '$$',
  '${matrix.a}',
  '10s',
  '3/5',
  '0 3 * * 0',
  '2026-12-01',
  'Europe/Oslo',
  'a',
  '< 5',
  'ok',
  '',
  '[',
  '\u001b[31m',
  '\u202e',
];

const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<unknown>(...VALUES, 0, -1, 200, 1.5, true, null),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...KEYS), fc.string()), tie('tree'), { maxKeys: 5 }),
  ),
}));
const entry = fc.record({
  name: fc.constantFrom('a', 'b', 'c d'),
  target: fc.constantFrom(
    'https://example.org',
    'redis://h',
    'dns://h/x',
    'tcp://h:1',
    'ping://h',
    'nope://h',
  ),
});
const config = fc.record({
  defaults: fc.dictionary(fc.constantFrom(...KEYS), tree, { maxKeys: 3 }),
  services: fc.array(
    fc
      .tuple(entry, fc.dictionary(fc.constantFrom(...KEYS), tree, { maxKeys: 4 }))
      .map(([one, more]) => ({ ...more, ...one })),
    { maxLength: 3 },
  ),
});

describe('nothing that a config holds ends the process', () => {
  it('configs of the right shape with anything in them', async () => {
    await fc.assert(
      fc.asyncProperty(config, (value) => bear(JSON.stringify(value))),
      { numRuns: 300 },
    );
  });
  it('any JSON', async () => {
    await fc.assert(
      fc.asyncProperty(tree, (value) => bear(JSON.stringify(value))),
      { numRuns: 200 },
    );
  });
  it('pieces of YAML', async () => {
    const piece = fc.constantFrom(
      'services:',
      '\n',
      ' ',
      '  ',
      '- ',
      '{',
      '}',
      '[',
      ']',
      ',',
      ': ',
      '&a ',
      '*a',
      '<<: ',
      '|\n',
      '>-\n',
      '"',
      "'",
      '#',
      '---\n',
      '!!map ',
      '? ',
      '\t',
      '${A}',
      'name: x',
      'target: tcp://h:1',
      '%YAML 1.1\n',
      '...\n',
      '\u0085',
      '\0',
      '\ufeff',
      '2001-01-01',
      '.nan',
      '0o7',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join('')),
        bear,
      ),
      { numRuns: 500 },
    );
  });
  it('any text', async () => {
    await fc.assert(fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), bear), { numRuns: 300 });
  });
  it.each<[string, string]>([
    ['a million open lists', `services: ${'['.repeat(1_000_000)}`],
    ['a million lists of one line', '- '.repeat(1_000_000)],
    ['deep maps of JSON', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['deep lists of JSON', `{"services":${'['.repeat(500_000)}${']'.repeat(500_000)}}`],
    ['one key with a very long text', `services: ${'x'.repeat(5_000_000)}`],
    [
      'a name with a very long text',
      `{"services": [{"name": "${'x'.repeat(1_000_000)}", "target": "tcp://h:1"}]}`,
    ],
    [
      'many anchors of one another',
      `x-0: &a0 [1]\n${Array.from({ length: 2000 }, (_, n) => `x-${n + 1}: &a${n + 1} [*a${n}, *a${n}]`).join('\n')}\nservices: []\n`,
    ],
    [
      'many merges of one another',
      `x-0: &a0 {k: 1}\n${Array.from({ length: 2000 }, (_, n) => `x-${n + 1}: &a${n + 1} {<<: [*a${n}, *a${n}], k${n}: 1}`).join('\n')}\nservices: []\n`,
    ],
  ])('%s', { timeout: 60_000 }, async (_, text) => {
    await bear(text);
  });
});
