import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { problemsOf } from './show-problems.ts';

const FOLDER = join(import.meta.dirname, '../fixtures/config');
const MISTAKES = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));

/** `UPDATE_FIXTURES=1 npx vitest run test/config/problems` writes the messages anew; read the diff before you commit it. */
const updates = process.env['UPDATE_FIXTURES'] === '1';

describe('a mistake in a config is told with its place, what was seen and what was expected', () => {
  it.each(MISTAKES)('%s', async (name) => {
    const seen = await problemsOf(join(FOLDER, name));
    const file = join(FOLDER, name.replace(/\.yaml$/, '.txt'));
    if (updates) writeFileSync(file, seen);
    expect(seen).toBe(readFileSync(file, 'utf8'));
    expect(seen).not.toBe('');
  });
});

it('there are at least forty of them, each with a message of its own', () => {
  expect(MISTAKES.length).toBeGreaterThanOrEqual(40);
  const messages = readdirSync(FOLDER).filter((name) => name.endsWith('.txt'));
  expect(messages).toEqual(MISTAKES.map((name) => name.replace(/\.yaml$/, '.txt')));
});
