import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { PROBERS } from '../../lib/probe/registry.ts';
import { generatedFiles } from '../../schema/generate.ts';

const ROOT = path.join(import.meta.dirname, '../..');

describe('what is made from the probers', () => {
  test('is checked in as the probers would make it now: else run make generate', async () => {
    for (const [file, text] of await generatedFiles()) {
      expect(await readFile(path.join(ROOT, file), 'utf8'), file).toBe(text);
    }
  });

  test('the registry says of each prober what its own file says', async () => {
    for (const registered of PROBERS) {
      const prober = await registered.load();
      expect([prober.type, prober.schemes.map(({ scheme }) => scheme)]).toEqual([
        registered.type,
        registered.schemes,
      ]);
    }
  });
});
