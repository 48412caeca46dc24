import path from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../lib/config/load.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

test('docs/example/puptime.yaml has no mistake, also without anything in the environment', async () => {
  const files = [path.join(ROOT, 'docs/example/puptime.yaml')];
  const checked = await loadConfig({ files }, { env: {}, cwd: '/', uid: process.getuid?.() ?? 0 });
  expect(checked).toMatchObject({
    ok: true,
    value: { hooks: { dir: path.join(ROOT, 'docs/example/hooks') } },
  });
});
