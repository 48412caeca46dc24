import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../lib/config/load.ts';
import { UserError } from '../../lib/words/problem.ts';

let top: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'puptime-load-'));
  for (const folder of ['cwd', 'xdg/puptime', 'cache', 'dir'])
    mkdirSync(join(top, folder), { recursive: true });
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

const uid = process.getuid?.() ?? 0;
const SERVICE = (name: string) => `services: [{name: ${name}, target: "tcp://h:1"}]\n`;

function world(env: Record<string, string> = {}) {
  return {
    env: { XDG_CONFIG_HOME: join(top, 'xdg'), XDG_CACHE_HOME: join(top, 'cache'), ...env },
    cwd: join(top, 'cwd'),
    uid,
  };
}

async function load(files: readonly string[] | null, env: Record<string, string> = {}) {
  const checked = await loadConfig({ files }, world(env));
  if (!checked.ok) throw new Error(checked.problems.map(({ text }) => text).join('\n'));
  return checked.value;
}

async function names(files: readonly string[] | null, env: Record<string, string> = {}): Promise<string[]> {
  return (await load(files, env)).services.map(({ name }) => name);
}

async function refusal(
  files: readonly string[] | null,
  env: Record<string, string> = {},
): Promise<[number, string]> {
  const error: unknown = await loadConfig({ files }, world(env)).catch((caught: unknown) => caught);
  if (!(error instanceof UserError)) throw new Error(`expected a UserError, got ${JSON.stringify(error)}`);
  return [error.exitCode, error.message];
}

function write(name: string, text: string): string {
  writeFileSync(join(top, name), text);
  return join(top, name);
}

describe('the config is', () => {
  it('what -c names, else $PUPTIME_CONFIG, else ./puptime.yaml, else the user’s', async () => {
    write('xdg/puptime/puptime.yaml', SERVICE('user'));
    expect(await names(null)).toEqual(['user']);
    write('cwd/puptime.yaml', SERVICE('here'));
    expect(await names(null)).toEqual(['here']);
    expect((await load(null)).found).toBe(true);
    const env = { PUPTIME_CONFIG: write('env.yaml', SERVICE('env')) };
    expect(await names(null, env)).toEqual(['env']);
    expect(await names([write('given.yaml', SERVICE('given'))], env)).toEqual(['given']);
    expect((await load(['../given.yaml'])).found).toBe(false);
  });
  it('all files of -c together, and of a directory its *.yaml in order', async () => {
    write('dir/20-b.yaml', SERVICE('b'));
    write('dir/10-a.yaml', SERVICE('a'));
    write('dir/.hidden.yaml', SERVICE('hidden'));
    write('dir/old.yaml.bak', SERVICE('old'));
    const config = await load([join(top, 'dir'), write('c.yaml', SERVICE('c'))]);
    expect(config.services.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(config.files).toEqual(['dir/10-a.yaml', 'dir/20-b.yaml', 'c.yaml'].map((name) => join(top, name)));
    expect(config.hash).toMatch(/^sha256:[0-9a-f]{64}$/);
  });
  it('found by its relative name in the current directory, with a BOM and CRLF too', async () => {
    write('cwd/x.yaml', `\ufeff${SERVICE('x').replaceAll('\n', '\r\n')}`);
    expect(await names(['x.yaml'])).toEqual(['x']);
  });
});

describe('without a config to read, one line says so', () => {
  it.each<[string, (() => void) | null, readonly string[] | null, number, RegExp]>([
    ['none at all', null, null, 66, /no config: none of .*puptime\.yaml.*is there; give one with -c FILE/],
    ['a name that is not there', null, ['nowhere.yaml'], 66, /nowhere\.yaml: there is no such file/],
    ['an empty directory', null, ['../dir'], 66, /no \*\.yaml in this directory/],
    ['no text', () => write('cwd/x.yaml', ''), ['/bin/true'], 78, /not UTF-8/],
    ['endless', null, ['/dev/zero'], 78, /saw more than \d+ bytes/],
  ])('%s', async (_, prepare, files, code, message) => {
    prepare?.();
    const [exitCode, text] = await refusal(files);
    expect(exitCode).toBe(code);
    expect(text).toMatch(message);
  });
  it.skipIf(uid === 0)('one that may not be read', async () => {
    chmodSync(write('x.yaml', SERVICE('x')), 0);
    expect((await refusal([join(top, 'x.yaml')]))[0]).toBe(77);
  });
  it('one found in the current directory that others may write', async () => {
    chmodSync(write('cwd/puptime.yaml', SERVICE('x')), 0o666);
    const [code, text] = await refusal(null);
    expect(code).toBe(77);
    expect(text).toMatch(/puptime\.yaml is writable by everybody \(mode 0666\): chmod o-w/);
    expect(await names(['puptime.yaml'])).toEqual(['x']);
  });
});

describe('the cache of the checked config', () => {
  const cached = () => readdirSync(join(top, 'cache/puptime'));

  it('is a private file that gives the same config again, until a text changes', async () => {
    const file = write('x.yaml', SERVICE('one'));
    const first = await load([file]);
    const [name] = cached();
    expect(statSync(join(top, 'cache/puptime', name!)).mode & 0o777).toBe(0o600);
    expect(await load([file])).toEqual(first);
    write('x.yaml', SERVICE('two'));
    expect(await names([file])).toEqual(['two']);
    expect(cached()).toEqual([name]);
  });
  it('is what is read on a second start', async () => {
    const file = write('x.yaml', SERVICE('one'));
    await load([file]);
    const path = join(top, 'cache/puptime', cached()[0]!);
    writeFileSync(path, readFileSync(path, 'utf8').replace('"name":"one"', '"name":"from-cache"'));
    expect(await names([file])).toEqual(['from-cache']);
  });
  it.each<[string, (path: string) => void]>([
    ['damaged', (path) => writeFileSync(path, readFileSync(path, 'utf8').slice(0, -5))],
    ['empty', (path) => writeFileSync(path, '')],
    ['readable by others', (path) => chmodSync(path, 0o644)],
    [
      'a directory',
      (path) => {
        rmSync(path);
        mkdirSync(path);
      },
    ],
    [
      'a link',
      (path) => {
        rmSync(path);
        symlinkSync('/etc/passwd', path);
      },
    ],
  ])('is no obstacle when it is %s', async (_, damage) => {
    const file = write('x.yaml', SERVICE('one'));
    await load([file]);
    damage(join(top, 'cache/puptime', cached()[0]!));
    expect(await names([file])).toEqual(['one']);
  });
  it('is no obstacle when it cannot be written', async () => {
    expect(await names([write('x.yaml', SERVICE('one'))], { XDG_CACHE_HOME: '/proc/nowhere' })).toEqual([
      'one',
    ]);
  });
  it('holds no secret', async () => {
    const file = write('x.yaml', 'services: [{name: a, target: "redis://:${PW}@h"}]');
    await load([file], { PW: 'very-secret' });
    expect(readFileSync(join(top, 'cache/puptime', cached()[0]!), 'utf8')).not.toContain('very-secret');
  });
  it('is not used when a value that the config was made with has changed', async () => {
    const file = write(
      'x.yaml',
      'services: [{name: a, target: "tcp://h:1", retries: "${N}", timeout: "${T:-5s}"}]',
    );
    const retries = async (env: Record<string, string>) => (await load([file], env)).services[0];
    expect(await retries({ N: '1' })).toMatchObject({ retries: 1, timeout_ms: 5000 });
    expect(await retries({ N: '2', T: '6s' })).toMatchObject({ retries: 2, timeout_ms: 6000 });
    expect((await retries({}))?.missing).toHaveLength(1);
    expect(await retries({ N: '1' })).toMatchObject({ retries: 1 });
  });
});

it('stdin is a config too', () => {
  const script = `
    const { loadConfig } = await import('./lib/config/load.ts');
    const checked = await loadConfig({ files: ['-'] }, { env: {}, cwd: '/srv', uid: 0 });
    process.stdout.write(JSON.stringify([checked.value.files, checked.value.services[0].hooks.run]));`;
  const input = 'services: [{name: a, target: "tcp://h:1", hooks: {on_down: ./x}}]';
  const args = ['--import', 'tsx', '--input-type=module', '-e', script];
  const printed = execFileSync(process.execPath, args, {
    input,
    encoding: 'utf8',
    cwd: join(import.meta.dirname, '../..'),
  });
  expect(JSON.parse(printed)).toEqual([['-'], { on_down: ['/srv/x'] }]);
});
