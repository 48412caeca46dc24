import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../servers/daemon.ts';
import { IS_ROOT, type Place, createPlace } from './program.ts';
import { type Site, startSite } from './site.ts';

let place: Place;
let site: Site;
let closed: string;
const mounted: string[] = [];
beforeEach(async () => {
  place = createPlace('state');
  site = await startSite();
  closed = `tcp://127.0.0.1:${String(await freePort())}`;
});
afterEach(() => {
  site.close();
  for (const directory of mounted.splice(0)) execFileSync('umount', [directory]);
  place.remove();
});

const SILENT = { code: 0, stdout: '', stderr: '' };

describe('a state directory that is not ours', () => {
  test.each([
    ['a file', () => writeFileSync(place.state, ''), 74],
    [
      'a directory with other things in it',
      () => {
        mkdirSync(place.state, { mode: 0o700 });
        writeFileSync(`${place.state}/thesis.tex`, '');
      },
      74,
    ],
    [
      'one that everybody may write in',
      () => {
        mkdirSync(place.state);
        chmodSync(place.state, 0o777);
      },
      77,
    ],
    [
      'one whose FORMAT is damaged',
      () => {
        mkdirSync(place.state, { mode: 0o700 });
        writeFileSync(`${place.state}/FORMAT`, 'puptime-state 1 ???');
      },
      74,
    ],
  ])('%s is refused in one line, and left as it is', async (_, make, code) => {
    place.config({ services: [{ name: 'web', target: site.url }] });
    make();
    const before = (await place.shell('find state -printf "%p %m %s\\n" | sort')).stdout;
    for (const command of ['run', 'status', 'decide', 'deliver']) {
      const ended = await place.run([command]);
      expect([command, ended.code, ended.stdout]).toEqual([command, code, '']);
      expect(ended.stderr).toMatch(/^puptime: state .*\n$/);
    }
    expect((await place.shell('find state -printf "%p %m %s\\n" | sort')).stdout).toBe(before);
    expect(site.hits).toBe(0);
  });

  test.runIf(IS_ROOT)('another user’s is 77', async () => {
    place.config({ services: [{ name: 'web', target: site.url }] });
    mkdirSync(place.state, { mode: 0o700 });
    chownSync(place.state, 4242, 4242);
    const { code, stderr } = await place.run(['run']);
    expect([code, stderr]).toEqual([77, expect.stringContaining('4242')]);
  });

  test('a newer FORMAT is 78, and nothing is touched', async () => {
    place.config({ services: [{ name: 'gone', target: closed }] });
    await place.run(['run']);
    writeFileSync(`${place.state}/FORMAT`, 'puptime-state 2 something new\n');
    const before = place.texts('state');
    for (const command of ['run', 'status', 'decide', 'deliver']) {
      const { code, stderr } = await place.run([command]);
      expect([command, code]).toEqual([command, 78]);
      expect(stderr).toContain('format 2');
    }
    expect(place.texts('state')).toEqual(before);
  });
});

describe('damage', () => {
  test('a damaged line of memory is set aside and told; the others are unharmed, an owed on_up is paid', async () => {
    place.record('down', 'up', 'first');
    place.config({
      services: [
        { name: 'web', target: site.url },
        { name: 'gone', target: closed },
        { name: 'other', target: site.url },
      ],
    });
    site.status = 500;
    await place.run(['run']);
    expect([...place.news()].sort()).toEqual([
      'down gone',
      'down other',
      'down web',
      'first gone',
      'first other',
      'first web',
    ]);
    const file = `${place.state}/memory.ndjson`;
    const damaged = readFileSync(file, 'utf8').replace(/^(\{"service":"web".{60}).*$/m, '$1 rubbish');
    writeFileSync(file, damaged);
    const { code, stdout, stderr } = await place.run(['run']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(/memory\.ndjson:\d+ is damaged: "web" starts anew/);
    expect(readdirSync(`${place.state}/corrupt`)).toHaveLength(1);
    expect(place.news().filter((line) => !line.endsWith(' web'))).toEqual([]);
    expect(await place.run(['run'])).toEqual(SILENT);
    site.status = 200;
    expect(await place.run(['run'])).toEqual(SILENT);
    expect([...place.news()].sort()).toEqual(['up other', 'up web']);
  });

  test('a damaged queue file is set aside and told; a torn journal is no trouble', async () => {
    place.record('down');
    place.config({
      services: [
        { name: 'a', target: closed },
        { name: 'b', target: closed },
      ],
    });
    await place.run(['run', '--no-deliver']);
    const files = readdirSync(`${place.state}/queue`).sort();
    expect(files).toHaveLength(2);
    truncateSync(`${place.state}/queue/${files[0] ?? ''}`, 100);
    const { code, stdout, stderr } = await place.run(['run']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain(files[0]);
    expect(place.news()).toContain('down b');
    expect(readdirSync(`${place.state}/corrupt`)).toHaveLength(1);
    appendFileSync(`${place.state}/deliveries.ndjson`, '{"k":"done","id":');
    expect(await place.run(['run'])).toEqual(SILENT);
  });

  test('an outage whose queue file is damaged: an on_up is paid, once; it is announced anew where it lasts', async () => {
    place.record('up');
    place.hook('on_down', 'cat "$1" >> ../events.ndjson; exit 1');
    place.config({
      services: [
        { name: 'web', target: site.url },
        { name: 'gone', target: closed },
      ],
    });
    expect(await place.run(['run', 'web'])).toEqual(SILENT);
    site.status = 500;
    await place.run(['run']);
    expect([...place.news()].sort()).toEqual(['down gone', 'down web']);
    const files = readdirSync(`${place.state}/queue`);
    expect(files).toHaveLength(2);
    for (const file of files) truncateSync(`${place.state}/queue/${file}`, 100);
    await place.run(['status']);
    await place.run(['deliver']);
    site.status = 200;
    const { stderr } = await place.run(['run']);
    for (const file of files) expect(stderr).toContain(`queue/${file} is damaged, its events are lost`);
    expect([...place.news()].sort()).toEqual(['down gone', 'up web']);
    const up = place.events().find(({ event }) => event === 'up');
    expect(up).toMatchObject({ service: 'web', cause: 'state_lost' });
    expect(readdirSync(`${place.state}/corrupt`)).toHaveLength(2);
    place.age(3_600_000);
    await place.run(['run']);
    expect(place.news()).toEqual(['down gone']);
  });

  test('leftovers of a killed run and a missing directory are no trouble', async () => {
    place.record('up');
    place.config({ services: [{ name: 'web', target: site.url }] });
    await place.run(['run']);
    writeFileSync(`${place.state}/memory.ndjson.tmp`, 'half');
    writeFileSync(`${place.state}/queue/.web~9.json.tmp`, 'half');
    await place.shell('rm -rf state/dead state/corrupt');
    expect(await place.run(['run'])).toEqual(SILENT);
  });
});

describe('a config that does not validate any more', () => {
  test('is 78 at every run, and nothing is forgotten', async () => {
    place.record('down', 'up');
    place.config({ services: [{ name: 'gone', target: closed }] });
    await place.run(['run']);
    const before = place.texts('state');
    writeFileSync(`${place.dir}/puptime.yaml`, 'services: [{name: gone, tarrget: x}]', { mode: 0o644 });
    for (const _ of [1, 2]) {
      const { code, stdout, stderr } = await place.run(['run']);
      expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
      expect(stderr).toContain('did you mean target');
    }
    expect(place.texts('state')).toEqual(before);
    place.config({ services: [{ name: 'gone', target: closed }] });
    expect(await place.run(['run'])).toEqual(SILENT);
    expect(place.news()).toEqual(['down gone']);
  });
});

describe.runIf(IS_ROOT)('a state that cannot be written', () => {
  const onTmpfs = (options: string) => {
    mkdirSync(place.state, { mode: 0o700 });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `mode=0700,${options}`, 'tmpfs', place.state]);
    mounted.push(place.state);
  };

  test('full: still alerts, 74, once; when there is room again it goes on from there', async () => {
    onTmpfs('size=256k');
    place.hook('on_down', `echo "$PUPTIME_DURABLE" >> ../durable; cat "$1" >> ../events.ndjson`);
    place.record('up');
    place.config({ services: [{ name: 'web', target: site.url }] });
    expect(await place.run(['run'])).toEqual(SILENT);
    await place.shell(
      'dd if=/dev/zero of=state/run/ballast bs=4k || { mkdir -p state/run; dd if=/dev/zero of=state/run/ballast bs=4k; }',
    );
    site.status = 500;
    for (const _ of [1, 2]) {
      const { code, stdout, stderr } = await place.run(['run']);
      expect({ code, stdout }).toEqual({ code: 74, stdout: '' });
      expect(stderr).toContain('ENOSPC');
    }
    await place.shell('rm -rf state/run');
    expect(await place.run(['run'])).toEqual(SILENT);
    expect((await place.shell('cat durable')).stdout).toBe('0\n');
    expect(await place.run(['run'])).toEqual(SILENT);
    site.status = 200;
    expect(await place.run(['run'])).toEqual(SILENT);
    expect(place.news()).toEqual(['down web', 'up web']);
    const [down, up] = place.events();
    expect(up.incident.id).toBe(down.incident.id);
  });

  test('read-only: still alerts, recoveries too, 74', async () => {
    onTmpfs('size=1m');
    place.record('down', 'up');
    place.config({
      services: [
        { name: 'web', target: site.url },
        { name: 'other', target: site.url, expect: { status: '< 600' } },
      ],
    });
    site.status = 500;
    expect(await place.run(['run'])).toEqual(SILENT);
    expect(place.news()).toEqual(['down web']);
    execFileSync('mount', ['-o', 'remount,ro', place.state]);
    site.status = 200;
    const up = await place.run(['run']);
    expect([up.code, up.stdout, up.stderr]).toEqual([74, '', expect.stringContaining('EROFS')]);
    expect(place.news()).toEqual(['up web']);
    for (const [status, news] of [
      [500, 'down web'],
      [500, ''],
      [200, 'up web'],
      [200, ''],
    ] as const) {
      site.status = status;
      expect((await place.run(['run'])).code).toBe(74);
      expect(place.news().join()).toBe(news);
    }
    expect((await place.run(['status'])).code).toBe(0);
    expect((await place.run(['probe', '--due', '-q'])).code).toBe(0);
  });

  test('a disk that was full from the start', async () => {
    onTmpfs('size=1m,nr_inodes=1');
    place.record('down');
    place.config({ services: [{ name: 'gone', target: closed }] });
    const { code, stderr } = await place.run(['run']);
    expect([code, stderr]).toEqual([74, expect.stringContaining('ENOSPC')]);
    expect(place.news()).toEqual(['down gone']);
    expect(existsSync(`${place.state}/FORMAT`)).toBe(false);
  });
});
