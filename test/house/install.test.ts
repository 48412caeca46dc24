import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readlinkSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const VERSION: string = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')).version;

// a folder with a space in its name, and a bundle of its own, so that no other test’s dist/ is touched
const folder = mkdtempSync(path.join(tmpdir(), 'puptime install '));
const variables = [
  `DIST=${mkdtempSync(path.join(tmpdir(), 'puptime-dist-'))}`,
  `DESTDIR=${folder}`,
  'PREFIX=/opt/pup',
];
const installed = path.join(folder, 'opt/pup');
const program = path.join(installed, 'bin/puptime');

function make(target: string): void {
  execFileSync('make', ['--no-print-directory', target, ...variables], { cwd: ROOT, stdio: 'pipe' });
}

/** Every file below, relative, with its mode. */
function files(): { file: string; mode: number }[] {
  return readdirSync(installed, { recursive: true, encoding: 'utf8' })
    .filter((file) => !statSync(path.join(installed, file)).isDirectory())
    .map((file) => ({ file, mode: statSync(path.join(installed, file)).mode & 0o777 }));
}

beforeAll(() => make('install'), 60_000);
afterAll(() => {
  rmSync(folder, { recursive: true });
  rmSync(variables[0]!.replace('DIST=', ''), { recursive: true });
});

describe('make install', () => {
  test('puts a program in place that runs from anywhere, through its link, without the repository', () => {
    const { status, stdout, stderr } = spawnSync(program, ['--version'], { cwd: '/', encoding: 'utf8' });
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: expect.stringContaining(VERSION),
      stderr: '',
    });
  });

  test('links relatively, so that DESTDIR does not get into a package', () => {
    expect(readlinkSync(program)).toBe('../lib/puptime/puptime.js');
    const mentions = files().filter(({ file }) => readFileSync(path.join(installed, file)).includes(folder));
    expect(mentions).toEqual([]);
  });

  test('gives everyone to read, nobody else to write, and keeps hooks executable', () => {
    expect(files().filter(({ mode }) => mode !== 0o644 && mode !== 0o755)).toEqual([]);
    const modes = new Map(files().map(({ file, mode }) => [file, mode]));
    expect(modes.get('lib/puptime/puptime.js')).toBe(0o755);
    const hooks = readdirSync(path.join(ROOT, 'hooks.example')).filter((name) => name.startsWith('on_'));
    for (const hook of hooks) expect(modes.get(`share/puptime/hooks.example/${hook}`)).toBe(0o755);
  });

  test('brings the schemas and the licences of all that is in the bundle', () => {
    const names = files().map(({ file }) => file);
    for (const kind of ['config', 'result', 'event']) {
      expect(names).toContain(`share/puptime/schema/${kind}.schema.json`);
    }
    const licenses = readFileSync(path.join(installed, 'lib/puptime/LICENSES'), 'utf8');
    for (const name of ['yaml', 'yargs', 'execa']) expect(licenses).toMatch(new RegExp(`^${name} \\d`, 'm'));
  });

  test('again leaves no chunk of an older build', () => {
    const chunks = readdirSync(path.join(installed, 'lib/puptime/chunks')).sort();
    execFileSync('touch', [path.join(installed, 'lib/puptime/chunks/old-ABC.js')]);
    make('install');
    expect(readdirSync(path.join(installed, 'lib/puptime/chunks')).sort()).toEqual(chunks);
  });

  test('is undone by make uninstall', () => {
    make('uninstall');
    expect(files()).toEqual([]);
    expect(existsSync(program)).toBe(false);
  });
});
