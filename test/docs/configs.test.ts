import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../lib/config/load.ts';
import { temporaryDirectory } from '../servers/daemon.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const place = temporaryDirectory('configs');
afterAll(() => place.remove());

const world = { env: {}, cwd: place.path, uid: process.getuid?.() ?? 0 };

describe('configs that people copy', () => {
  test('the example, without anything in the environment', async () => {
    const checked = await loadConfig({ files: [path.join(ROOT, 'docs/example/puptime.yaml')] }, world);
    expect(checked).toMatchObject({
      ok: true,
      value: { hooks: { dir: path.join(ROOT, 'docs/example/hooks') } },
    });
  });

  test('the one of hooks.example/README.md', async () => {
    const readme = readFileSync(path.join(ROOT, 'hooks.example/README.md'), 'utf8');
    const [, text] = /^```yaml\n(.*?)^```$/ms.exec(readme)!;
    const file = path.join(place.path, 'readme.yaml');
    writeFileSync(file, text!);
    chmodSync(file, 0o600);
    expect(await loadConfig({ files: [file] }, world)).toMatchObject({ ok: true });
  });
});
