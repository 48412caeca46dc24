import { ESLint } from 'eslint';
import path from 'node:path';
import tseslint from 'typescript-eslint';
import { beforeAll, describe, expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** The linter as it is, less what needs types: so that files can be linted that do not exist. */
const untyped = new ESLint({ cwd: ROOT, overrideConfig: tseslint.configs.disableTypeChecked });

async function complaints(file: string, code: string, eslint = untyped): Promise<string[]> {
  const results = await eslint.lintText(code, { filePath: path.join(ROOT, file) });
  return results.flatMap(({ messages }) =>
    messages.map(({ ruleId, message }) => `${String(ruleId)}: ${message}`),
  );
}

/** file that imports · what it imports · what the linter says */
const REFUSED = [
  ['lib/words/x.ts', 'node:path', 'lib/words may import no node: module'],
  ['lib/words/x.ts', '../decide/decide.ts', 'lib/words may import only lib/words, not lib/decide/decide.ts'],
  ['lib/decide/x.ts', 'node:fs', 'lib/decide may import no node: module'],
  ['lib/decide/x.ts', '../state/memory.ts', 'not lib/state/memory.ts'],
  ['lib/probe/sweep.ts', '../config/load.ts', 'not lib/config/load.ts'],
  ['lib/probe/sweep.ts', '../process/program.ts', 'not lib/process/program.ts'],
  ['lib/probe/probers/redis.ts', './http.ts', 'a prober never imports another prober'],
  ['lib/probe/probers/redis.ts', './http/body.ts', 'a prober never imports another prober'],
  ['lib/probe/probers/http/http.ts', '../dns/codec.ts', 'a prober never imports another prober'],
  ['lib/probe/probers/redis.ts', 'node:fs', 'not node:fs'],
  ['lib/probe/probers/redis.ts', 'node:fs/promises', 'not node:fs/promises'],
  ['lib/probe/probers/redis.ts', 'node:net', 'not node:net'],
  ['lib/probe/probers/redis.ts', '../../deliver/delivery.ts', 'not lib/deliver/delivery.ts'],
  ['lib/probe/probers/redis.ts', '../../state/memory.ts', 'not lib/state/memory.ts'],
  ['lib/state/x.ts', '../deliver/delivery.ts', 'not lib/deliver/delivery.ts'],
  ['lib/report/x.ts', '../probe/sweep.ts', 'not lib/probe/sweep.ts'],
  ['lib/report/x.ts', '../decide/record.ts', 'not lib/decide/record.ts'],
  ['lib/config/x.ts', '../deliver/delivery.ts', 'not lib/deliver/delivery.ts'],
  ['lib/deliver/x.ts', '../../cmd/run.ts', 'nothing imports cmd'],
  ['schema/generate.ts', '../cmd/run.ts', 'nothing imports cmd'],
  ['lib/deliver/x.ts', '../decide/decide.ts', 'not lib/decide/decide.ts'],
  ['lib/deliver/x.ts', '../../test/servers/sink.ts', 'only tests import from test/'],
  ['cmd/run.ts', '../test/servers/sink.ts', 'only tests import from test/'],
  ['lib/deliver/x.ts', '../../../elsewhere.ts', 'outside of this repository'],
  ['lib/deliver/x.ts', 'execa', 'execa may be imported only in lib/process/program.ts'],
  ['cmd/run.ts', 'yargs/helpers', 'yargs may be imported only in cmd/cli.ts'],
  ['cmd/run.ts', 'left-pad', 'left-pad may be imported nowhere yet'],
  ['lib/state/x.ts', 'fs', 'write node:fs'],
] as const;

/** file that imports · what it imports */
const ALLOWED = [
  ['cmd/run.ts', '../lib/deliver/delivery.ts'],
  ['lib/config/load.ts', '../probe/registry.ts'],
  ['lib/config/yaml.ts', 'yaml'],
  ['lib/deliver/delivery.ts', '../state/queue.ts'],
  ['lib/deliver/hook-run.ts', '../process/program.ts'],
  ['lib/probe/registry.ts', './probers/redis.ts'],
  ['lib/probe/wire/execution.ts', '../../process/program.ts'],
  ['lib/probe/probers/http/http.ts', './body.ts'],
  ['lib/probe/probers/http.ts', './http/body.ts'],
  ['lib/probe/probers/redis.ts', '../prober.ts'],
  ['lib/process/program.ts', 'execa'],
  ['test/decide/decide.test.ts', '../../lib/decide/decide.ts'],
] as const;

describe('the linter holds the import fences', () => {
  test.each(REFUSED)('%s may not import %s', async (file, source, said) => {
    expect(await complaints(file, `import { x } from '${source}';\nx();\n`)).toEqual([
      expect.stringContaining(said),
    ]);
  });

  test.each(ALLOWED)('%s may import %s', async (file, source) => {
    expect(await complaints(file, `import { x } from '${source}';\nx();\n`)).toEqual([]);
  });

  test.each([
    ['a dynamic import', `await import('node:fs');\n`],
    ['an export from', `export { readFileSync } from 'node:fs';\n`],
    ['a type import', `import type { Stats } from 'node:fs';\nexport type S = Stats;\n`],
    ['a type in place', `export type S = import('node:fs').Stats;\n`],
  ])('%s is an import, too', async (_, code) => {
    expect(await complaints('lib/decide/x.ts', code)).toContainEqual(
      expect.stringContaining('lib/decide may import no node: module'),
    );
  });

  test('report may name the types of decide, and nothing else of it', async () => {
    const code = `import type { R } from '../decide/record.ts';\nexport type S = R;\n`;
    expect(await complaints('lib/report/x.ts', code)).toEqual([]);
  });

  test('a package is not loaded lazily by itself, for bundled CommonJS differs', async () => {
    expect(await complaints('lib/config/yaml.ts', `await import('yaml');\n`)).toEqual([
      expect.stringContaining('import yaml statically in a file of its own'),
    ]);
  });

  test('a folder without a fence is refused until it has one', async () => {
    expect(await complaints('lib/novelty/x.ts', `export const x = 1;\n`)).toEqual([
      expect.stringContaining('no fence is known for lib/novelty'),
    ]);
  });
});

describe('the linter holds the habits', () => {
  test.each([
    ['lib/deliver/x.ts', `export default 1;\n`, 'export by name'],
    ['lib/deliver/x.ts', `export * from './y.ts';\n`, 'no barrel'],
    ['lib/deliver/x.ts', `export enum X { A }\n`, 'use a union of words'],
    ['lib/deliver/x.ts', `export const x = (p: string) => new RegExp(p);\n`, 'lib/probe/expect/pattern.ts'],
    ['lib/deliver/x.ts', `try { f(); } catch {}\n`, 'an empty catch hides bugs'],
    ['lib/deliver/x.ts', `export const x = process.env;\n`, 'the environment is a parameter'],
    ['lib/decide/x.ts', `export const x = Date.now();\n`, 'the time is in the result'],
    ['lib/decide/x.ts', `export const x = new Date();\n`, 'the time is in the result'],
    ['lib/probe/probers/x.ts', `export const x = new Promise(f);\n`, 'lib/probe/wire'],
    ['lib/deliver/utils.ts', `export const x = 1;\n`, 'name the file for what it exports'],
    ['cmd/run.ts', `console.log('x');\n`, 'Unexpected console statement'],
    ['lib/deliver/x.ts', `export const x = (y: any) => y;\n`, 'Unexpected any'],
  ])('%s: %s', async (file, code, said) => {
    expect(await complaints(file, code)).toContainEqual(expect.stringContaining(said));
  });
});

describe('the linter knows the types', () => {
  const typed = new ESLint({ cwd: ROOT });
  // only a file of the project has types, so another text is put into one that is always there
  const FILE = 'lib/words/version.ts';
  beforeAll(() => complaints(FILE, '', typed), 60_000);

  test.each([
    [
      'a floating promise',
      `async function f(): Promise<void> { await g(); }\nexport function h() { f(); }\n`,
      'no-floating-promises',
    ],
    [
      'a promise as a condition',
      `export const h = (p: Promise<boolean>) => { if (p) return 1; return 2; };\n`,
      'no-misused-promises',
    ],
    [
      'a case that was forgotten',
      `export function h(x: 'a' | 'b') { switch (x) { case 'a': return 1; } return 2; }\n`,
      'switch-exhaustiveness-check',
    ],
    [
      'a type imported as a value',
      `import { Json } from './json.ts';\nexport const x: Json = 1;\n`,
      'consistent-type-imports',
    ],
  ])('%s is caught', async (_, code, rule) => {
    expect(await complaints(FILE, code, typed)).toContainEqual(expect.stringContaining(rule));
  });
});
