import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createLookup } from '../../lib/config/lookup.ts';
import {
  fillReferences,
  hasReference,
  splitReferences,
  wholeReference,
} from '../../lib/config/references.ts';

const folder = mkdtempSync(join(tmpdir(), 'puptime-references-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, 'password'), 'from-a-file\n');
writeFileSync(join(folder, 'large'), 'x'.repeat(65 * 1024));
const env = {
  NAME: 'value-of-name',
  SHORT: 'eu',
  EMPTY: '',
  DOLLAR: 'a${NAME}$$b',
  CREDENTIALS_DIRECTORY: folder,
};

describe('a text with references is filled', () => {
  it.each([
    ['plain text', 'plain text'],
    ['${NAME}', 'value-of-name'],
    ['${env:NAME}', 'value-of-name'],
    ['${plain:NAME}', 'value-of-name'],
    ['a${SHORT}b${SHORT}c', 'aeubeuc'],
    ['${env:UNSET:-default}', 'default'],
    ['${UNSET:-default}', 'default'],
    ['${env:EMPTY:-default}', 'default'],
    ['${env:UNSET:-}', ''],
    ['${env:UNSET:-a:-b}', 'a:-b'],
    ['${EMPTY}', ''],
    ['$$', '$'],
    ['$${NAME}', '${NAME}'],
    ['$$${NAME}', '$value-of-name'],
    ['costs 5$ or $NAME', 'costs 5$ or $NAME'],
    ['^ok$', '^ok$'],
    ['${DOLLAR}', 'a${NAME}$$b'],
    [`\${file:${folder}/password}`, 'from-a-file'],
    ['${cred:password}', 'from-a-file'],
  ])('%s becomes %s', (text, filled) => {
    const lookup = createLookup(env);
    expect(fillReferences(text, lookup)).toBe(filled);
    expect([...lookup.missing]).toEqual([]);
  });
});

describe('what is no reference is a fault', () => {
  it.each([
    '${',
    '${}',
    '${1}',
    '${a.b}',
    '${NAME',
    '${env:}',
    '${cred:a/b}',
    '${cred:..}',
    '${file:}',
    '${shell:ls}',
    '${NAME:?}',
  ])('%s', (text) => {
    expect(splitReferences(text)[0]).toMatchObject({ kind: 'fault', source: text });
  });
});

describe('a reference without a value is missing, and the line says what to do', () => {
  it.each([
    ['${UNSET}', '${UNSET} is not set: export UNSET, or write ${env:UNSET:-default}'],
    ['${file:/nowhere/x}', '${file:/nowhere/x} cannot be read (ENOENT)'],
    ['${file:/dev/zero}', '${file:/dev/zero} cannot be read: expected a regular file of at most 65536 bytes'],
    [
      `\${file:${folder}/large}`,
      `\${file:${folder}/large} cannot be read: expected a regular file of at most 65536 bytes`,
    ],
    ['${cred:other}', '${cred:other} cannot be read (ENOENT)'],
  ])('%s', (text, line) => {
    const lookup = createLookup(env);
    fillReferences(text, lookup);
    expect([...lookup.missing]).toEqual([line]);
  });
  it('says that systemd gave no credentials', () => {
    const lookup = createLookup({});
    fillReferences('${cred:x}', lookup);
    expect([...lookup.missing][0]).toContain('$CREDENTIALS_DIRECTORY is not set');
  });
});

describe('secrets', () => {
  it('are the values of six characters and more, but for plain ones', () => {
    const lookup = createLookup({ A: 'sixsix', B: 'five5', C: 'plain-value' });
    fillReferences('${A} ${B} ${plain:C} ${env:D:-default}', lookup);
    expect([...lookup.secrets]).toEqual(['sixsix', 'default']);
  });
});

it('tells whole references and texts with some from texts with none', () => {
  expect(wholeReference('${NAME}')).toMatchObject({ kind: 'env', name: 'NAME' });
  expect(wholeReference('${matrix.region}')).toMatchObject({ kind: 'matrix', name: 'region' });
  expect(wholeReference('a${NAME}')).toBeNull();
  expect(wholeReference('$${NAME}')).toBeNull();
  expect([hasReference('a${NAME}'), hasReference('$${NAME}'), hasReference('$5')]).toEqual([
    true,
    false,
    false,
  ]);
});
