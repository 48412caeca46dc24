import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { freePort } from '../servers/daemon.ts';
import { IS_ROOT, type Place, createPlace, jsonLines } from './program.ts';
import { type Site, startSite } from './site.ts';

let place: Place;
let site: Site;
let closed: string;
beforeEach(async () => {
  place = createPlace('looking');
  site = await startSite();
  closed = `tcp://127.0.0.1:${String(await freePort())}`;
});
afterEach(() => {
  site.close();
  place.remove();
});

describe('status', () => {
  test('is made from memory alone: bad ones first, with names, tags and JSON', async () => {
    place.config({
      services: [
        { name: 'web', target: site.url, tags: ['prod'] },
        { name: 'gone', target: closed, tags: ['prod', 'net'] },
      ],
    });
    await place.run(['run']);
    const hits = site.hits;
    const { code, stdout, stderr } = await place.run(['status']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.indexOf('gone')).toBeLessThan(stdout.indexOf('web'));
    const lines = jsonLines((await place.run(['status', '--json'])).stdout);
    expect(lines.map(({ service, status }) => `${service} ${status}`).sort()).toEqual([
      'gone down',
      'web up',
    ]);
    expect(jsonLines((await place.run(['status', '--json', '--tag', 'net'])).stdout)).toHaveLength(1);
    expect(jsonLines((await place.run(['status', '--json', 'web'])).stdout)[0].since).toMatch(/Z$/);
    expect((await place.run(['status', 'wbe'])).code).toBe(64);
    expect((await place.run(['status', '--exit-status'])).code).toBe(2);
    expect((await place.run(['status', '--exit-status', 'web'])).code).toBe(0);
    expect(site.hits).toBe(hits);
  });

  test('nothing is remembered yet: says so, makes nothing', async () => {
    const { code, stdout } = await place.run(['status']);
    expect([code, stdout]).toEqual([0, expect.stringContaining('nothing is remembered yet')]);
    expect((await place.run(['status', '--json'])).stdout).toBe('');
    expect(existsSync(place.state)).toBe(false);
  });

  test('--max-age exits with 3 when no run has ended lately, one that had nothing to do included', async () => {
    expect((await place.run(['status', '--max-age', '5m'])).code).toBe(3);
    place.config({ services: [{ name: 'web', target: site.url, interval: '1h' }] });
    await place.run(['run']);
    expect((await place.run(['status', '--max-age', '5m'])).code).toBe(0);
    const stale = await place.run(['status', '--max-age', '1ms']);
    expect([stale.code, stale.stderr]).toEqual([3, expect.stringContaining('the last run ended')]);
    await place.shell(`sed -i 's/"ended":"20[0-9][0-9]/"ended":"2001/' state/run.json`);
    expect((await place.run(['status', '--max-age', '5m'])).code).toBe(3);
    await place.run(['run']);
    expect((await place.run(['status', '--max-age', '5m'])).code).toBe(0);
    expect((await place.run(['status', '--max-age', 'often'])).code).toBe(64);
  });

  test('tells of silences and windows of this moment, and of the last run', async () => {
    const around = (ms: number) => new Date(Date.now() + ms).toISOString();
    const maintenance = [{ from: around(-3_600_000), to: around(3_600_000), note: 'backup' }];
    place.config({
      services: [
        { name: 'web', target: site.url },
        { name: 'gone', target: closed, maintenance },
      ],
    });
    await place.run(['run']);
    await place.run(['silence', 'web', '--for', '1h', '--note', 'new kernel']);
    const { stdout } = await place.run(['status']);
    expect(stdout).toMatch(/^up +web .* silenced until .*: new kernel/m);
    expect(stdout).toMatch(/^down +gone .* in maintenance until .*: backup/m);
    expect(stdout).toMatch(
      /\n1 down, 1 up, 1 in maintenance, 1 silenced; the last run ended .* ago, exit code 0\n$/,
    );
    const [web] = jsonLines((await place.run(['status', '--json', 'web'])).stdout);
    expect(web).toMatchObject({
      held: { kind: 'silence' },
      last_run: { exit_code: 0 },
      uptime: { share: 1, of: 1 },
    });
    expect(JSON.parse((await place.run(['status', '-o', 'json'])).stdout)).toHaveLength(2);
  });

  test('is a Nagios plugin and a file for the textfile collector when asked', async () => {
    place.config({
      services: [
        { name: 'web', target: site.url },
        { name: 'gone', target: closed },
      ],
    });
    await place.run(['run']);
    const nagios = await place.run(['status', '-o', 'nagios']);
    expect([nagios.code, nagios.stdout]).toEqual([
      2,
      expect.stringMatching(/^PUPTIME CRITICAL - 2 services/),
    ]);
    expect((await place.run(['status', '-o', 'nagios', 'web'])).code).toBe(0);
    const metrics = await place.run(['status', '-o', 'prometheus']);
    expect([metrics.code, metrics.stdout]).toEqual([
      0,
      expect.stringContaining('\npuptime_service_status{service="gone",type="tcp"} 2\n'),
    ]);
  });

  test('says first when this host is cut off, and shows no service for that', async () => {
    place.config({ canaries: [closed], services: [{ name: 'web', target: site.url }] });
    await place.run(['run']);
    const { stdout } = await place.run(['status']);
    expect(stdout).toMatch(
      /^this host is cut off for .*: the canary does not answer.*\nSTATUS .*\nunknown +web /,
    );
    const lines = jsonLines((await place.run(['status', '--json'])).stdout);
    expect(lines.map(({ service }) => service)).toEqual(['web']);
    expect(lines[0].isolated.since).toMatch(/Z$/);
    expect((await place.run(['status', 'puptime:isolation'])).code).toBe(64);
  });

  test('an invalid config hides nothing where the state is named, and is told where it is not', async () => {
    place.config({ services: [{ name: 'gone', target: closed }] });
    await place.run(['run']);
    writeFileSync(`${place.dir}/puptime.yaml`, 'services: 7', { mode: 0o644 });
    expect((await place.run(['status'])).stdout).toContain('gone');
    const unnamed = await place.run(['status'], { env: { PUPTIME_STATE: '' } });
    expect([unnamed.code, unnamed.stderr]).toEqual([78, expect.stringContaining('puptime.yaml:1:')]);
  });
});

describe('where config and state are', () => {
  const where = async (env: { readonly [name: string]: string }, ...args: string[]) => {
    const { code, stderr } = await place.run(['run', ...args], { env: { PUPTIME_STATE: '', ...env } });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const found = readdirSync(place.dir, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('FORMAT'),
    );
    await place.shell('rm -rf s-* home/.local');
    return found;
  };

  test('--state, PUPTIME_STATE, the config’s, systemd’s', async () => {
    const services = [{ name: 'web', target: site.url }];
    place.config({ services, state: './s-config' });
    const systemd = { STATE_DIRECTORY: `${place.dir}/s-systemd` };
    const env = { ...systemd, PUPTIME_STATE: 's-env' };
    expect(await where(env, '--state', 's-option')).toEqual(['s-option/FORMAT']);
    expect(await where(env)).toEqual(['s-env/FORMAT']);
    expect(await where(systemd)).toEqual(['s-config/FORMAT']);
    place.config({ services });
    expect(await where(systemd)).toEqual(['s-systemd/FORMAT']);
    const modes = await place.shell('puptime run --state s-modes; find s-modes -printf "%y %m\\n" | sort -u');
    expect(modes.stdout).toBe('d 700\nf 600\n');
  });

  test('-c, PUPTIME_CONFIG, the current directory, XDG_CONFIG_HOME; several files; a directory; stdin', async () => {
    const named = (name: string) => ({ services: [{ name, target: site.url }] });
    const probed = async (args: string[], start: object = {}) =>
      jsonLines((await place.run(['probe', '--json', ...args], start)).stdout)
        .map(({ service }) => service)
        .sort();
    mkdirSync(`${place.dir}/config/puptime`);
    place.config(named('xdg'), 'config/puptime/puptime.yaml');
    expect(await probed([])).toEqual(['xdg']);
    place.config(named('here'));
    expect(await probed([])).toEqual(['here']);
    place.config(named('env'), 'env.yaml');
    expect(await probed([], { env: { PUPTIME_CONFIG: 'env.yaml' } })).toEqual(['env']);
    mkdirSync(`${place.dir}/conf.d`);
    for (const name of ['b', 'a'])
      writeFileSync(`${place.dir}/conf.d/${name}.yaml`, JSON.stringify(named(name)));
    writeFileSync(`${place.dir}/conf.d/c.txt`, 'no: yaml');
    expect(await probed(['-c', 'env.yaml', '-c', 'conf.d'])).toEqual(['a', 'b', 'env']);
    expect(await probed(['-c', '-'], { input: JSON.stringify(named('stdin')) })).toEqual(['stdin']);
    const twice = await place.run(['probe', '-c', 'env.yaml', '-c', 'puptime.yaml']);
    expect([twice.code, twice.stderr]).toEqual([78, expect.stringContaining('hooks')]);
  });

  test('a config found in the current directory must be one’s own', async () => {
    place.config({ services: [{ name: 'web', target: site.url }] });
    chmodSync(`${place.dir}/puptime.yaml`, 0o666);
    const found = await place.run(['run']);
    expect([found.code, found.stderr]).toEqual([77, expect.stringContaining('writable by everybody')]);
    expect((await place.run(['run', '-c', 'puptime.yaml'])).code).toBe(0);
  });

  test('none at all is 66, one that is named and missing too, one that may not be read 77', async () => {
    const none = await place.run(['run']);
    expect([none.code, none.stderr]).toEqual([66, expect.stringContaining('-c FILE')]);
    expect((await place.run(['run', '-c', 'not-there.yaml'])).code).toBe(66);
    expect((await place.run(['run', '-c', 'hooks'])).code).toBe(66);
    if (IS_ROOT) return;
    chmodSync(place.config({ services: [] }), 0o000);
    expect((await place.run(['run'])).code).toBe(77);
  });
});

describe('validate', () => {
  test('tells every problem at once as file:line:col, with did you mean', async () => {
    const text = `defaults: {intervall: 1m}
services:
  - {name: a, target: "htpp://example.org"}
  - {name: a, target: "tcp://127.0.0.1:1", expect: {bannr: x}}
  - {name: b, target: "http://example.org", timeout: soon}
`;
    writeFileSync(`${place.dir}/puptime.yaml`, text, { mode: 0o644 });
    const { code, stdout } = await place.run(['validate']);
    expect(code).toBe(78);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThanOrEqual(5);
    for (const line of lines) expect(line).toMatch(/^\/.*puptime\.yaml:\d+:\d+: [a-z]/);
    expect(stdout).toMatch(/intervall.*did you mean interval/);
    expect(stdout).toMatch(/bannr.*did you mean banner/);
    const problems = jsonLines((await place.run(['validate', '--json'])).stdout);
    expect(problems).toHaveLength(lines.length);
    expect(problems[0]).toMatchObject({
      line: expect.any(Number),
      col: expect.any(Number),
      text: expect.any(String),
    });
    // the same, to stderr, from commands that need the config
    const run = await place.run(['run']);
    expect([run.code, run.stdout, run.stderr]).toEqual([78, '', expect.stringContaining(lines[0] ?? '')]);
  });

  test('a good one is 0; files as arguments, a directory, stdin', async () => {
    const file = place.config({ services: [{ name: 'web', target: site.url }] });
    const good = await place.run(['validate']);
    expect([good.code, good.stderr, good.stdout]).toEqual([0, '', `${file}: 1 service, no problems\n`]);
    expect(await place.run(['validate', '-q'])).toEqual({ code: 0, stdout: '', stderr: '' });
    place.config({ services: [] }, 'other.yaml');
    mkdirSync(`${place.dir}/d`);
    writeFileSync(`${place.dir}/d/x.yaml`, 'services: [7]');
    expect((await place.run(['validate', 'puptime.yaml'])).code).toBe(0);
    const directory = await place.run(['validate', 'd']);
    expect([directory.code, directory.stdout]).toEqual([78, expect.stringContaining('d/x.yaml:1:')]);
    const stdin = await place.run(['validate', '-'], { input: 'services: [{name: x}]' });
    expect([stdin.code, stdin.stdout]).toEqual([78, expect.stringMatching(/^-:1:\d+: /)]);
    expect(site.hits).toBe(0);
    expect(existsSync(place.state)).toBe(false);
  });
});

describe('schema, help, version, mistakes', () => {
  test('schema prints what is checked in', async () => {
    for (const which of ['config', 'result', 'event']) {
      const { code, stdout } = await place.shell(
        `puptime schema ${which} | jq -S . | cmp - <(jq -S . '${import.meta.dirname}/../../schema/${which}.schema.json')`,
      );
      expect([which, code, stdout]).toEqual([which, 0, '']);
    }
    expect((await place.run(['schema', 'evnt'])).code).toBe(64);
  });

  test('every command has help with examples, and help needs no config', async () => {
    const { code, stdout } = await place.run(['--help']);
    expect(code).toBe(0);
    const commands = [...stdout.matchAll(/^ {2}puptime (\w+)/gm)].map(([, name = '']) => name);
    expect(commands.sort()).toEqual([
      'decide',
      'deliver',
      'events',
      'explain',
      'hook',
      'probe',
      'replay',
      'run',
      'schema',
      'silence',
      'simulate',
      'status',
      'validate',
    ]);
    for (const command of commands) {
      const help = await place.run([command, '--help']);
      expect([command, help.code, help.stderr]).toEqual([command, 0, '']);
      expect(help.stdout).toMatch(/Examples:\n +(\S.* )?puptime /);
    }
    expect((await place.run(['--version'])).stdout).toBe(`${manifest.version}\n`);
  });

  test.each([
    [[], /no command/],
    [['statsu'], /"statsu" \(did you mean status\?\)/],
    [['run', '--dedline', '5s'], /"dedline" \(did you mean --deadline\?\)/],
    [['probe', '--jsn'], /"jsn" \(did you mean --json\?\)/],
    [['run', '-c'], /-c: a value is missing/],
    [['run', '--state', 'a', '--state', 'b'], /--state: given 2 times/],
    [['run', '-o', 'yaml'], /--output: "yaml" is none of/],
    [['run', '--concurrency', '-3'], /concurrency/],
    [['doctor'], /not in this version/],
    [['deliver', 'x'], /expected nothing, or -/],
    [['hook', 'lnit'], /did you mean lint/],
    [['hook'], /./],
    [['events', 'retyr'], /did you mean events retry/],
    [['events', 'retry'], /expected IDs/],
    [['replay'], /./],
    [['status', '-o', 'tap'], /expected human, json, ndjson, nagios or prometheus/],
  ])('%j is 64, in a line and a hint', async (args, words) => {
    const { code, stdout, stderr } = await place.run(args);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toMatch(words);
    expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(2);
  });
});
