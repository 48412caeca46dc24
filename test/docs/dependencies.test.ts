import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from './blocks.ts';

interface Row {
  readonly name: string;
  readonly licence: string;
  readonly purpose: string;
  /** empty for one that no file imports */
  readonly home: string;
}

const manifest = readJson('package.json');
const page = readFileSync(path.join(ROOT, 'docs/dependencies.md'), 'utf8');
const [bundled = '', building = ''] = page.split('## For building and checking');
const ROWS = [...rowsOf(bundled), ...rowsOf(building)];

describe('docs/dependencies.md', () => {
  test('lists the packages of package.json, all of them and no other', () => {
    const installed = Object.keys({ ...manifest['dependencies'], ...manifest['devDependencies'] });
    expect(ROWS.map(({ name }) => name).sort()).toEqual(installed.sort());
  });

  test('says why each is there', () => {
    expect(ROWS.filter(({ purpose }) => purpose.length < 5)).toEqual([]);
  });

  test.each(ROWS)('$name: its licence is $licence', ({ name, licence }) => {
    expect(licenceOf(readJson(`node_modules/${name}/package.json`))).toBe(licence);
    expect(licence).toMatch(/^(?:MIT|ISC|Apache-2\.0|BSD-[23]-Clause)$/);
  });

  test.each(ROWS.filter(({ home }) => home !== ''))('$name is imported in $home', ({ name, home }) => {
    expect(importsOf(home)).toContain(name);
  });

  const shipped = ['cmd', 'lib'].flatMap(sourcesIn);
  test.each(rowsOf(bundled))('$name is imported nowhere else in what is shipped', ({ name, home }) => {
    expect(shipped.filter((file) => importsOf(file).includes(name))).toEqual([home]);
  });

  test('what the tables for building list is not shipped', () => {
    const names = rowsOf(building).map(({ name }) => name);
    const found = shipped.filter((file) => importsOf(file).some((name) => names.includes(name)));
    expect(found).toEqual([]);
  });
});

/** Old packages have a list. */
function licenceOf({ license, licenses }: ReturnType<typeof readJson>): unknown {
  return license ?? (licenses as readonly { readonly type: string }[] | undefined)?.[0]?.type;
}

function rowsOf(text: string): readonly Row[] {
  return [...text.matchAll(/^\| (\S+) \| (\S+) \| (.*?) \| (\S*) ?\|/gm)]
    .map(([, name = '', licence = '', purpose = '', home = '']) => ({ name, licence, purpose, home }))
    .filter(({ name }) => name !== 'package');
}

/** Third-party packages that a file imports, types left out. */
function importsOf(file: string): string[] {
  if (!existsSync(path.join(ROOT, file))) return [];
  const text = readFileSync(path.join(ROOT, file), 'utf8');
  const imports = text.matchAll(
    /^(?:import|\}) (?!type\b).*?from '((?:@[^/']+\/)?[^./'][^/':]*)(?:\/[^']*)?';/gm,
  );
  return [...imports].map(([, name = '']) => name);
}

function sourcesIn(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`);
}

function readJson(file: string) {
  return JSON.parse(readFileSync(path.join(ROOT, file), 'utf8'));
}
