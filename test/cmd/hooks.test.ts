import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freePort, until } from '../servers/daemon.ts';
import { IS_ROOT, type Place, createPlace, jsonLines } from './program.ts';
import { type Site, startSite } from './site.ts';

let place: Place;
let site: Site;
let closed: string;
beforeEach(async () => {
  place = createPlace('hooks');
  site = await startSite();
  closed = `tcp://127.0.0.1:${String(await freePort())}`;
});
afterEach(() => {
  site.close();
  place.remove();
});

const SILENT = { code: 0, stdout: '', stderr: '' };
const gone = (extra: object = {}) => ({ services: [{ name: 'gone', target: closed, ...extra }] });

describe('how a hook is started', () => {
  test('with the file as its argument and stdin, in its directory, with little in the environment', async () => {
    place.hook(
      'on_down',
      'printf "%s\\n" "$@" > ../argv; cat > ../stdin; cmp "$1" ../stdin; pwd > ../cwd; env > ../env; ps -o pgid= $$ | tr -d " " > ../group; echo $$ > ../pid; cat "$1" > ../copy',
    );
    place.config({
      ...gone({ group: 'net', tags: ['a', 'b'], vars: { room: '7' } }),
      hooks: { env: ['ALLOWED'] },
    });
    const env = { ALLOWED: 'yes please', FORBIDDEN: 'no thanks' };
    expect(await place.run(['run'], { env })).toEqual(SILENT);
    const read = async (file: string) => (await place.shell(`cat ${file}`)).stdout;
    const argv = (await read('argv')).trimEnd().split('\n');
    expect(argv).toHaveLength(1);
    expect(await read('cwd')).toBe(`${place.hooks}\n`);
    expect(await read('group')).toBe(await read('pid'));
    const event = JSON.parse(await read('copy'));
    const seen = Object.fromEntries((await read('env')).split('\n').map((line) => line.split(/=(.*)/s, 2)));
    expect(seen).toMatchObject({
      ALLOWED: 'yes please',
      PUPTIME_EVENT: 'down',
      PUPTIME_EVENT_ID: event.id,
      PUPTIME_INCIDENT_ID: event.incident.id,
      PUPTIME_SERVICE: 'gone',
      PUPTIME_STATUS: 'down',
      PUPTIME_REASON: 'refused',
      PUPTIME_TARGET: closed,
      PUPTIME_GROUP: 'net',
      PUPTIME_ATTEMPT: '1',
      PUPTIME_DURABLE: '1',
      PUPTIME_FILE: argv[0],
    });
    const known = /^(PATH|HOME|LANG|TZ|PWD|OLDPWD|SHLVL|_|ALLOWED|PUPTIME_[A-Z_]+|)$/;
    expect(Object.keys(seen).filter((name) => !known.test(name))).toEqual([]);
    expect(seen['PUPTIME_TAGS']).toMatch(/^a.b$/);
    expect(event.vars).toEqual({ room: '7' });
    expect((await place.shell(`ls ${argv[0] ?? ''}`)).code).not.toBe(0);
  });

  test('what a server says reaches neither argv nor environment', async () => {
    place.hook('on_down', 'env > ../env; cat "$1" > ../copy');
    site.status = 500;
    site.body = 'IGNORE $(touch pwned) `id` ALL';
    place.config({ services: [{ name: 'web', target: site.url, expect: { body: 'ok' } }] });
    expect(await place.run(['run'])).toEqual(SILENT);
    expect((await place.shell('cat env')).stdout).not.toContain('IGNORE');
    expect((await place.shell('cat copy')).stdout).toContain('IGNORE');
  });

  test('editing and deleting the file harms nothing', async () => {
    place.hook('on_down.d/1', 'echo broken > "$1"; rm -f "$1"');
    place.hook('on_down.d/2');
    place.config(gone());
    expect(await place.run(['run'])).toEqual(SILENT);
    expect(place.news()).toEqual(['down gone']);
  });
});

describe('a hook that fails', () => {
  test('exit 1, told with its output, tried again later under the same id, and not before', async () => {
    place.hook('on_down', 'cat "$1" >> ../events.ndjson; echo "no route to the pager"; test -e ../repaired');
    place.config(gone({ interval: '1h' }));
    const first = await place.run(['run']);
    expect(first.code).toBe(1);
    expect(first.stderr).toContain('no route to the pager');
    expect(first.stderr).toContain('on_down');
    expect(place.news()).toEqual(['down gone']);
    // too early: neither tried nor told
    expect(await place.run(['run'])).toEqual(SILENT);
    expect(place.news()).toEqual([]);
    place.age(80_000);
    expect((await place.run(['run'])).code).toBe(1);
    writeFileSync(`${place.dir}/repaired`, '');
    place.age(160_000);
    expect(await place.run(['run'])).toEqual(SILENT);
    expect(place.news()).toEqual(['down gone', 'down gone']);
    const events = place.events();
    expect(new Set(events.map(({ id }) => id)).size).toBe(1);
    expect(events.map(({ delivery }) => delivery.attempt)).toEqual([1, 2, 3]);
    place.age(3_000_000);
    expect(await place.run(['deliver'])).toEqual(SILENT);
    expect(place.news()).toEqual([]);
  });

  test('an on_up waits for its on_down', async () => {
    place.hook('on_down', 'test -e ../repaired && cat "$1" >> ../events.ndjson');
    place.record('up');
    place.config({ services: [{ name: 'web', target: site.url }] });
    site.status = 500;
    expect((await place.run(['run'])).code).toBe(1);
    site.status = 200;
    await place.run(['run']);
    expect(place.news()).toEqual([]);
    writeFileSync(`${place.dir}/repaired`, '');
    place.age(80_000);
    expect(await place.run(['run'])).toEqual(SILENT);
    expect(place.news()).toEqual(['down web', 'up web']);
  });

  test('exit 100 gives up at once, and on_dead hears of it', async () => {
    place.hook('on_down', 'exit 100');
    place.record('dead');
    place.config(gone());
    const { code, stderr } = await place.run(['run']);
    expect(code).toBe(1);
    expect(stderr).toContain('given up');
    expect(place.news()).toEqual(['dead gone']);
    place.age(3_000_000);
    expect(await place.run(['run'])).toEqual(SILENT);
    expect(place.news()).toEqual([]);
  });

  test('over its time limit it is ended with all its children', async () => {
    place.hook('on_down', 'sleep 97531 & sleep 97531');
    place.config({ ...gone(), hooks: { timeout: '300ms' } });
    const { code, stderr } = await place.run(['run']);
    expect(code).toBe(1);
    expect(stderr).toContain('time limit');
    expect((await place.shell('pgrep -f "[s]leep 97531"')).stdout).toBe('');
  });

  test('one that leaves a child behind on its output is done', async () => {
    place.hook('on_down', 'sleep 20 & echo $! > ../child');
    place.config(gone());
    const began = performance.now();
    expect(await place.run(['run'])).toEqual(SILENT);
    expect(performance.now() - began).toBeLessThan(8000);
    await place.shell('kill $(cat child)');
  });
});

describe('a hook that may not run', () => {
  test.each([
    ['not executable', (file: string) => chmodSync(file, 0o644), 'not executable'],
    ['writable by everybody', (file: string) => chmodSync(file, 0o777), 'writable by everybody'],
    [
      'in a directory that is writable by everybody',
      () => chmodSync(place.hooks, 0o777),
      'writable by everybody',
    ],
  ])('%s: the run still probes, the event waits, exit 77', async (_, spoil, words) => {
    place.record('down', 'first');
    const file = `${place.hooks}/on_down`;
    place.config({
      services: [
        { name: 'gone', target: closed },
        { name: 'web', target: site.url },
      ],
    });
    spoil(file);
    const refused = await place.run(['run', '--json']);
    expect(refused.code).toBe(77);
    expect(refused.stderr).toContain(words);
    expect(jsonLines(refused.stdout)).toHaveLength(2);
    const validated = await place.run(['validate']);
    expect(validated.code).toBe(77);
    expect(validated.stdout).toContain(words);
    chmodSync(place.hooks, 0o755);
    chmodSync(file, 0o755);
    expect((await place.run(['run'])).code).toBe(0);
    expect(place.news()).toContain('down gone');
    expect((await place.run(['run'])).stderr).toBe('');
    expect(place.news()).toEqual([]);
  });

  test.runIf(IS_ROOT)('owned by a third user', async () => {
    const { chownSync } = await import('node:fs');
    place.record('down');
    chownSync(`${place.hooks}/on_down`, 4242, 4242);
    place.config(gone());
    const { code, stderr } = await place.run(['run']);
    expect(code).toBe(77);
    expect(stderr).toContain('4242');
  });

  test.runIf(IS_ROOT)(
    'root without hooks.user: probed, not run, 77; as another user it runs as that one',
    async () => {
      place.hook('on_down', 'id -un >> /dev/shm/$PUPTIME_EVENT_ID-who; cat "$1" > /dev/null');
      place.config({ ...gone(), hooks: { user: null } });
      const text = { hooks: { dir: './hooks' }, ...gone() };
      writeFileSync(`${place.dir}/puptime.yaml`, JSON.stringify(text));
      const { code, stderr } = await place.run(['run']);
      expect(code).toBe(77);
      expect(stderr).toContain('hooks.user');
      expect(place.memory()['gone'].status).toBe('down');
      const validated = await place.run(['validate']);
      expect([validated.code, validated.stdout]).toEqual([77, expect.stringContaining('hooks.user')]);
      chmodSync(place.dir, 0o755);
      place.config({ ...gone(), hooks: { user: 'nobody' } });
      expect(await place.run(['run'])).toEqual(SILENT);
      const who = await place.shell(`cat /dev/shm/*-who; rm -f /dev/shm/*-who`);
      expect(who.stdout).toBe('nobody\n');
    },
  );

  test('a hook that is gone is dropped with a report', async () => {
    place.hook('on_down', 'exit 1');
    place.config(gone({ interval: '1h' }));
    await place.run(['run']);
    await place.shell('rm hooks/on_down');
    place.age(80_000);
    const { code, stderr } = await place.run(['run']);
    expect(code).toBe(0);
    expect(stderr).toContain('is gone');
    expect(await place.run(['run'])).toEqual(SILENT);
  });
});

describe('hooks and other runs', () => {
  test('a slow hook of the first run does not keep the second from probing', async () => {
    place.hook(
      'on_down',
      'touch ../started; while ! test -e ../go; do sleep 0.05; done; cat "$1" >> ../events.ndjson',
    );
    place.record('up');
    place.config({
      services: [
        { name: 'web', target: site.url },
        { name: 'gone', target: closed },
      ],
    });
    const first = place.start(['run']);
    await until('the hook to start', async () => (await place.shell('test -e started')).code === 0);
    const hits = site.hits;
    await until('the first run to let go of its probe lock', async () => {
      const { code } = await place.run(['run', 'web']);
      return code === 0;
    });
    expect(site.hits).toBeGreaterThan(hits);
    writeFileSync(`${place.dir}/go`, '');
    expect(await first.ended).toEqual(SILENT);
    expect(place.news()).toEqual(['down gone']);
  });

  test('a hanging hook of one service holds up none of another', async () => {
    const second = `tcp://127.0.0.1:${String(await freePort())}`;
    place.hook(
      'on_down',
      'if [ $PUPTIME_SERVICE = a ]; then while ! test -e ../go; do sleep 0.05; done; fi; cat "$1" >> ../events.ndjson; touch ../go',
    );
    place.config({
      services: [
        { name: 'a', target: closed },
        { name: 'b', target: second },
      ],
    });
    expect(await place.run(['run'])).toEqual(SILENT);
    expect(place.news()).toEqual(['down b', 'down a']);
  });
});

describe('hook test', () => {
  test('runs a hook on a sample event', async () => {
    place.hook('on_down', 'jq -r "\\(.test) \\(.service) \\(.event)" "$1"; echo oops >&2');
    place.hook('on_down', `jq -r '"\\(.test) \\(.service) \\(.event)"' "$1"`);
    place.config(gone({ target: `redis://:\${SECRET_WORD}@127.0.0.1:1` }));
    const { code, stdout } = await place.run(['hook', 'test', 'down', 'gone']);
    expect(code).toBe(0);
    expect(stdout).toContain('delivered');
    expect(stdout).toContain('true gone down');
    expect((await place.run(['hook', 'test', 'on_down'])).code).toBe(0);
    expect((await place.shell('ls state')).code).not.toBe(0);
  });

  test('says what is wrong', async () => {
    place.hook('on_up', 'exit 4');
    place.hook('on_slow');
    chmodSync(`${place.hooks}/on_slow`, 0o644);
    place.config(gone());
    const run = async (...args: string[]) => {
      const { code, stdout, stderr } = await place.run(['hook', 'test', ...args]);
      return `${String(code)} ${stdout}${stderr}`;
    };
    expect(await run('up')).toMatch(/^1 .*exit code 4/s);
    expect(await run('slow')).toMatch(/^77 .*not executable/s);
    expect(await run('down')).toMatch(/^66 /);
    expect(await run('donw')).toMatch(/^64 .*did you mean down/s);
    expect(await run('up', 'gnoe')).toMatch(/^64 .*did you mean gone/s);
    expect(await run()).toMatch(/^64 /);
    expect((await place.run(['hook', 'tset', 'up'])).code).toBe(64);
  });
});

describe('validate looks at hooks', () => {
  test('names that never run are told, with did you mean; what is switched off by its name is no fault', async () => {
    place.hook('on_down.d/page');
    writeFileSync(`${place.hooks}/on_down.d/page.disabled`, '');
    place.config(gone());
    const fine = await place.run(['validate']);
    expect([fine.code, fine.stdout]).toEqual([0, expect.stringContaining('page.disabled')]);
    place.hook('on_donw');
    writeFileSync(`${place.hooks}/on_down.d/readme`, '');
    const { code, stdout } = await place.run(['validate']);
    expect(code).toBe(77);
    expect(stdout).toContain('did you mean on_down');
    expect(stdout).toContain('readme');
  });

  test('a service’s own hook that is not there', async () => {
    mkdirSync(`${place.hooks}/x`);
    symlinkSync('/no/where', `${place.hooks}/x/dangling`);
    place.config(gone({ hooks: { on_down: ['./hooks/x/dangling'] } }));
    const { code, stdout } = await place.run(['validate']);
    expect([code, stdout]).toEqual([77, expect.stringContaining('dangling')]);
  });
});
