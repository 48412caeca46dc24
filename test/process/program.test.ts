import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { findProgram, temporaryDirectory } from '../servers/daemon.ts';

const directory = temporaryDirectory('program');
afterAll(() => directory.remove());

describe.skipIf(process.getuid?.() !== 0)('a program that cannot be killed (needs root)', () => {
  test('is given up: nothing waits for it, not even the end of the process', () => {
    // A program that becomes root wholly stands for one that waits in the kernel for a dead file server.
    const becomeRoot = path.join(directory.path, 'setpriv');
    copyFileSync(findProgram('setpriv') ?? '', becomeRoot);
    chmodSync(directory.path, 0o755);
    chmodSync(becomeRoot, 0o4755);
    const script = path.join(import.meta.dirname, 'unkillable-program.ts');
    const asNobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups'];
    const command = [becomeRoot, '--reuid', '0', 'sleep', '45'];
    const began = performance.now();
    const printed = execFileSync(
      'setpriv',
      [...asNobody, process.execPath, '--import', 'tsx', script, ...command],
      {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'] ?? '' },
      },
    );
    const { took_ms, ...outcome } = JSON.parse(printed) as { took_ms: number };
    expect(outcome).toEqual({ endedBy: 'limit', exitCode: null });
    expect(took_ms).toBeLessThan(15_000);
    expect(performance.now() - began).toBeLessThan(30_000);
  }, 60_000);
});
