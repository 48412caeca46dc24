import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkConfig } from '../../lib/config/check-config.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
const configs = [
  ['docs/example/puptime.yaml', read('docs/example/puptime.yaml')] as const,
  ...['docs/hooks.md', 'hooks.example/README.md'].flatMap((file) =>
    [...read(file).matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text]) => [file, text!] as const),
  ),
];

describe('configs that people copy', () => {
  test.each(configs)('of %s have no mistake', async (file, text) => {
    const checked = await checkConfig([{ file: `/etc/puptime/${path.basename(file)}`, text }], '/');
    expect(checked).toMatchObject({ ok: true });
  });

  test('are three', () => {
    expect(configs).toHaveLength(3);
  });
});
