import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../servers/daemon.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
const place = temporaryDirectory('demo-test');
afterAll(() => place.remove());

function demo(...args: readonly string[]) {
  return spawnSync(path.join(ROOT, 'node_modules/.bin/tsx'), ['test/demo/demo.ts', ...args], {
    cwd: ROOT,
    env: { ...env, TMPDIR: place.path },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

describe('make demo', () => {
  test('shows each hook running, and what it got, without a secret', () => {
    const { status, stdout, stderr } = demo();
    expect(stderr).toBe('');
    expect(status, stdout).toBe(0);
    for (const hook of [
      'on_down: cache is down',
      'on_slow: shop is',
      'on_change: ns1 is',
      'on_up: cache is up',
    ])
      expect(stdout).toContain(hook);
    expect(stdout).toContain('"code": "auth"');
    expect(stdout).toContain('+ 192.0.2.66');
    expect(stdout).not.toMatch(/correct-horse|changed-by-somebody/);
    expect(readdirSync(place.path).filter((name) => name.startsWith('puptime-demo-'))).toEqual([]);
  }, 60_000);

  test('fails, and says what is missing, when hooks do not run', () => {
    const { status, stdout } = demo('/bin/true');
    expect(status).toBe(1);
    for (const event of ['down-cache', 'slow-shop', 'change-ns1', 'up-cache'])
      expect(stdout).toContain(`no hook ran for ${event}`);
  }, 60_000);
});
