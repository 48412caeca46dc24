import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeWith, temporaryDirectory } from '../servers/daemon.ts';
import { blocksOf, readPages } from './blocks.ts';
import { unknownIn } from './command-words.ts';

const run = promisify(execFile);
const place = temporaryDirectory('units');

/** name → text; drop-ins as `puptime.service.d/ping.conf` */
const UNITS = new Map(
  blocksOf('ini', readPages()).flatMap(({ before, text }) => {
    const name = /^`\/etc\/systemd\/system\/([^`]+)`$/.exec(before)?.[1];
    return name === undefined ? [] : [[name, text] as const];
  }),
);

afterAll(() => place.remove());

test('there are the units that probe, deliver, and start both', () => {
  expect([...UNITS.keys()].sort()).toEqual([
    'puptime-deliver.path',
    'puptime-deliver.service',
    'puptime-deliver.timer',
    'puptime.service',
    'puptime.service.d/ping.conf',
    'puptime.timer',
  ]);
});

describe('each service', () => {
  const services = [...UNITS].filter(([name]) => name.endsWith('.service'));

  test.each(services)('%s starts a command that there is', (_, text) => {
    const command = /^ExecStart=(.*)$/m.exec(text)?.[1] ?? '';
    expect(command).toContain('/usr/local/bin/puptime ');
    expect(unknownIn(command)).toEqual([]);
  });
});

describeWith(['systemd-analyze'], 'systemd', () => {
  const files = [...UNITS.keys()]
    .filter((name) => !name.includes('/'))
    .map((name) => path.join(place.path, name));

  beforeAll(() => {
    for (const [name, text] of UNITS) {
      const file = path.join(place.path, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text.replaceAll('/usr/local/bin/puptime', '/bin/true'));
    }
  });

  test('has nothing to say against the units', async () => {
    const { stdout, stderr } = await run('systemd-analyze', ['verify', '--man=no', ...files]);
    // It reads the units of this host along with ours, and has something to say of some.
    const ours = (stdout + stderr).split('\n').filter((line) => !/^(?:\/usr)?\/lib\/systemd\//.test(line));
    expect(ours.join('')).toBe('');
  });

  test('would say so of a wrong one', async () => {
    const wrong = path.join(place.path, 'wrong.service');
    writeFileSync(wrong, '[Service]\nType=oneshot\nExecStart=/bin/true\nProtectSystm=strict\n');
    const { stderr } = await run('systemd-analyze', ['verify', '--man=no', wrong]);
    expect(stderr).toContain('ProtectSystm');
  });

  test('gives puptime.service an exposure of 1.5 at most', async () => {
    // a directory of its own: the drop-in for ping costs 0.2
    const bare = temporaryDirectory('unit');
    const unit = path.join(bare.path, 'puptime.service');
    copyFileSync(path.join(place.path, 'puptime.service'), unit);
    const { stdout } = await run('systemd-analyze', ['security', '--offline=true', '--no-pager', unit]);
    bare.remove();
    const [, exposure] = /exposure level for puptime\.service: ([\d.]+)/.exec(stdout) ?? [];
    expect(Number(exposure)).toBeLessThanOrEqual(1.5);
  });
});
