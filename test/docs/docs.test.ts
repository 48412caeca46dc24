import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../lib/config/load.ts';
import { temporaryDirectory } from '../servers/daemon.ts';
import { ROOT, blocksOf, placeOf, proseOf, readPages } from './blocks.ts';
import { unknownIn } from './command-words.ts';

const PROGRAM = path.join(ROOT, 'dist/puptime.js');
const PAGES = readPages();
const place = temporaryDirectory('docs');
const server = createServer((socket) => socket.end());

/** What the documented references name. */
const SECRETS = { CACHE_PASSWORD: 'a secret', CREDENTIALS_DIRECTORY: place.path };
const ENV = {
  PATH: `${place.path}/bin:${process.env['PATH'] ?? ''}`,
  HOME: place.path,
  XDG_STATE_HOME: `${place.path}/state`,
  PUPTIME_STATE: `${place.path}/state`,
  LANG: 'C.UTF-8',
  ...SECRETS,
};

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(program: string, args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(program, args, { env: ENV, cwd: place.path }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

beforeAll(async () => {
  if (!existsSync(PROGRAM)) throw new Error('dist/puptime.js is missing: run make first');
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  for (const folder of ['bin', 'hooks']) mkdirSync(path.join(place.path, folder));
  symlinkSync(PROGRAM, path.join(place.path, 'bin/puptime'));
  for (const hook of ['on_down', 'on_up']) {
    writeFileSync(path.join(place.path, 'hooks', hook), '#!/bin/sh\nexit 0\n');
    chmodSync(path.join(place.path, 'hooks', hook), 0o755);
  }
  const services = ['website', 'cache', 'shop'].map((name) => ({
    name,
    target: `tcp://127.0.0.1:${String(port)}`,
  }));
  writeFileSync(
    path.join(place.path, 'puptime.yaml'),
    JSON.stringify({ hooks: { dir: './hooks', user: 'root' }, services }),
  );
});

afterAll(() => {
  server.close();
  place.remove();
});

describe('configs in the docs are valid', () => {
  const configs = blocksOf('yaml', PAGES).filter(({ text }) => text.includes('services:'));

  test('there are some in the README and for every part of docs/config.md', () => {
    expect(configs.filter(({ file }) => file === 'README.md')).not.toEqual([]);
    expect(configs.filter(({ file }) => file === 'docs/config.md').length).toBeGreaterThan(8);
  });

  const write = (name: string, text: string) => {
    const file = path.join(place.path, `${name.replaceAll(/[^a-z0-9]/gi, '-')}.yaml`);
    writeFileSync(file, text);
    return file;
  };

  test.each(configs.map((block) => [placeOf(block), block] as const))('%s', async (name, { text }) => {
    const files = [write(name, text)];
    const checked = await loadConfig({ files }, { env: {}, cwd: place.path, uid: process.getuid?.() ?? 0 });
    expect(checked).toMatchObject({ ok: true });
  });

  const readme = configs.filter(({ file }) => file === 'README.md');
  test.each(readme.map((block) => [placeOf(block), block] as const))(
    '%s, by the built program',
    async (name, { text }) => {
      // Without hooks: root would have to name their user.
      const outcome = await run(PROGRAM, ['validate', '-c', write(name, text), '--hooks', 'none-yet']);
      expect(outcome).toMatchObject({ code: 0 });
    },
  );

  test('and a wrong one would be found', async () => {
    writeFileSync(
      path.join(place.path, 'wrong.yaml'),
      'services:\n  - {name: x, target: "http://x", slwo: 1s}\n',
    );
    const { code, stdout, stderr } = await run(PROGRAM, ['validate', '-c', 'wrong.yaml', '--hooks', 'hooks']);
    expect(code).toBe(78);
    expect(stdout + stderr).toMatch(/wrong\.yaml:2:.*slow/);
  });
});

const SHELL = blocksOf('sh', PAGES).flatMap(({ file, line, text }) =>
  text
    .split('\n')
    .map((command, index) => ({ file, line: line + index, command }))
    .filter(({ command }) => /^(?:puptime|make)\b/.test(command)),
);
const CRON = blocksOf('crontab', PAGES).flatMap(({ file, line, text }) =>
  text
    .split('\n')
    .map((entry, index) => ({ file, line: line + index, entry }))
    .filter(({ entry }) => entry !== '' && !entry.startsWith('#')),
);

describe('command lines in the docs', () => {
  const lines = SHELL.filter(({ command }) => command.startsWith('puptime'));
  const known = lines.map((each) => [`${placeOf(each)}: ${each.command}`, each.command] as const);

  test.each(known)('%s knows its command and options', (_, command) => {
    expect(unknownIn(command)).toEqual([]);
  });

  test('those inside the text know theirs, too', () => {
    const inline = PAGES.filter(({ file }) => file !== 'CHANGELOG.md').flatMap((page) =>
      [...proseOf(page).matchAll(/`(puptime [a-z][^`]*)`/g)].map(([, command = '']) => command),
    );
    expect(inline.length).toBeGreaterThan(5);
    expect(inline.flatMap(unknownIn)).toEqual([]);
  });

  test('and what there is not would be found', () => {
    expect(unknownIn('puptime probe --jsn website | jq .')).toEqual([
      'no such option: puptime probe --jsn website',
    ]);
    expect(unknownIn('cat x | puptime delivr -')).toEqual(['no such command: puptime delivr -']);
  });

  const local = known.filter(([, command]) => !command.includes('://'));
  test.each(local)('%s runs', async (_, command) => {
    const { code, stderr } = await run('bash', ['-o', 'pipefail', '-c', command]);
    expect(code, stderr).toBe(0);
  });

  test.each(CRON.map((each) => [`${placeOf(each)}: ${each.entry}`, each.entry] as const))(
    '%s',
    async (_, entry) => {
      const [, fields = '', command = ''] = /^((?:[\d*,/-]+\s+){5})(.*)$/.exec(entry) ?? [];
      expect(fields).not.toBe('');
      expect(unknownIn(command)).toEqual([]);
      // a percent sign is a line end in a crontab
      expect(command).not.toContain('%');
      const here = command.replace('/usr/local/bin/', '').replace('/etc/puptime/', `${place.path}/`);
      expect(await run('sh', ['-c', here])).toEqual({ code: 0, stdout: '', stderr: '' });
    },
  );

  test('targets of make are in the Makefile', () => {
    const makefile = readFileSync(path.join(ROOT, 'Makefile'), 'utf8');
    const inline = PAGES.flatMap(({ text }) => [...text.matchAll(/(?:`|^ {4})(make [a-z][^`\n]*)/gm)]).map(
      ([, command = '']) => command,
    );
    const commands = [
      ...SHELL.map(({ command }) => command).filter((line) => line.startsWith('make')),
      ...inline,
    ];
    const targets = commands
      .flatMap((command) => command.split(/\s+/).slice(1))
      .filter((word) => /^[a-z]+$/.test(word));
    expect(targets).toEqual(expect.arrayContaining(['demo', 'install', 'test']));
    expect(targets.filter((target) => !new RegExp(`^${target}:`, 'm').test(makefile))).toEqual([]);
  });
});

describe('links in the docs', () => {
  test.each(PAGES.map((page) => [page.file, page] as const))('%s', (file, page) => {
    const links = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    const dead = links.filter((link) => !/^[a-z]+:/.test(link)).filter((link) => !leadsSomewhere(link, file));
    expect(dead).toEqual([]);
  });

  function leadsSomewhere(link: string, from: string): boolean {
    const [where = '', anchor] = link.split('#');
    const target = where === '' ? from : path.join(path.dirname(from), where);
    if (!existsSync(path.join(ROOT, target))) return false;
    return anchor === undefined || anchorsOf(readFileSync(path.join(ROOT, target), 'utf8')).includes(anchor);
  }

  /** As GitHub makes them. */
  function anchorsOf(text: string): string[] {
    return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    );
  }
});

test('the README is under 200 lines', () => {
  expect(readFileSync(path.join(ROOT, 'README.md'), 'utf8').split('\n').length).toBeLessThan(200);
});
