import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../servers/daemon.ts';
import { ALL_KINDS, type Place, createPlace, jsonLines } from './program.ts';
import { type Site, startSite } from './site.ts';

let place: Place;
let site: Site;
let closed: string;
beforeEach(async () => {
  place = createPlace('run');
  site = await startSite();
  closed = `tcp://127.0.0.1:${String(await freePort())}`;
});
afterEach(() => {
  site.close();
  place.remove();
});

const SILENT = { code: 0, stdout: '', stderr: '' };

describe('run says nothing without a terminal', () => {
  test('whatever the services’ state', async () => {
    place.config({
      services: [
        { name: 'web', target: site.url },
        { name: 'gone', target: closed },
        { name: 'worried', target: site.url, prefer: { body: 'splendid' } },
        { name: 'grey', command: ['/no/such/tool'] },
      ],
    });
    expect(await place.run(['run'])).toEqual(SILENT);
    expect(await place.run(['run', '--all'])).toEqual(SILENT);
    const statuses = Object.values(place.memory()).map(({ service, status }) => `${service} ${status}`);
    expect(statuses.sort()).toEqual(['gone down', 'grey unknown', 'web up', 'worried degraded']);
  });

  test('when hooks print as they please; -v shows it', async () => {
    place.hook('on_down', 'echo to stdout; echo to stderr >&2');
    place.config({ services: [{ name: 'gone', target: closed }] });
    expect(await place.run(['run'])).toEqual(SILENT);
    expect((await place.run(['run', '--no-state', '--json', '-v'])).stderr).toMatch(
      /\| to stdout\n.*\| to stderr/s,
    );
  });
});

describe('run --json', () => {
  test('prints each result with its events', async () => {
    place.config({
      services: [
        { name: 'web', target: site.url },
        { name: 'gone', target: closed },
      ],
    });
    const { code, stdout, stderr } = await place.run(['run', '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const results = jsonLines(stdout);
    expect(
      Object.fromEntries(results.map(({ service, status, events }) => [service, [status, events]])),
    ).toEqual({
      web: ['up', ['first']],
      gone: ['down', ['first', 'down']],
    });
    expect(results[0]).toMatchObject({ schema: 'puptime.result.v1', type: expect.any(String) });
    const again = jsonLines((await place.run(['run', '--json'])).stdout);
    expect(again.map(({ events }) => events)).toEqual([[], []]);
  });

  test('prints a line the moment it is decided, not at the end', async () => {
    const slow = await startSite();
    slow.delay_ms = 1500;
    place.config({
      services: [
        { name: 'slow', target: slow.url },
        { name: 'web', target: site.url },
      ],
    });
    const running = place.start(['run', '--json']);
    let first_ms = Infinity;
    running.child.stdout?.once('data', () => (first_ms = performance.now()));
    const { stdout } = await running.ended;
    slow.close();
    expect(jsonLines(stdout).map(({ service }) => service)).toEqual(['web', 'slow']);
    expect(performance.now() - first_ms).toBeGreaterThan(700);
  });

  test('stays clean when a hook fails and prints', async () => {
    place.hook('on_first', 'echo "{not json"; exit 3');
    place.config({ services: [{ name: 'web', target: site.url }] });
    const { code, stdout, stderr } = await place.run(['run', '--json']);
    expect(code).toBe(1);
    expect(jsonLines(stdout)).toHaveLength(1);
    expect(stderr).toContain('{not json');
    expect(stderr).toContain('exit code 3');
  });
});

describe('events reach hooks', () => {
  const story = (extra: object = {}) => {
    place.record(...ALL_KINDS);
    place.config({ services: [{ name: 'web', target: site.url, ...extra }] });
    return async (change: Partial<Pick<Site, 'status' | 'body' | 'delay_ms'>> = {}) => {
      Object.assign(site, change);
      expect(await place.run(['run'])).toEqual(SILENT);
      return place.news();
    };
  };

  test('first, down, up: each once', async () => {
    const sweep = story();
    expect(await sweep()).toEqual(['first web']);
    expect(await sweep()).toEqual([]);
    expect(await sweep({ status: 500 })).toEqual(['down web']);
    expect(await sweep()).toEqual([]);
    expect(await sweep({ status: 200 })).toEqual(['up web']);
    expect(await sweep()).toEqual([]);
    const [, down, up] = place.events();
    expect(down).toMatchObject({
      schema: 'puptime.event.v1',
      event: 'down',
      status: 'down',
      reason: { code: 'status' },
      previous: { status: 'up' },
      incident: { ended: null },
      delivery: { hook: 'on_down', attempt: 1 },
      test: false,
    });
    expect(up.incident.id).toBe(down.incident.id);
    expect(up.id).not.toBe(down.id);
    expect(up.incident.ended).not.toBeNull();
  });

  test('an outage at first sight is not silent', async () => {
    const sweep = story();
    expect(await sweep({ status: 503 })).toEqual(['first web', 'down web']);
  });

  test('down_after counts runs, retries count attempts', async () => {
    const sweep = story({ down_after: 2, retries: 2, retry_delay: '10ms' });
    await sweep();
    const before = site.hits;
    expect(await sweep({ status: 500 })).toEqual([]);
    expect(site.hits - before).toBe(3);
    expect(await sweep()).toEqual(['down web']);
    expect(place.events().at(-1).failures).toBe(2);
    expect(place.events().at(-1).attempts).toHaveLength(3);
    expect(await sweep({ status: 200 })).toEqual(['up web']);
  });

  test('slow, then restore', async () => {
    const sweep = story({ slow: '600ms', slow_window: 1 });
    expect(await sweep()).toEqual(['first web']);
    expect(await sweep({ delay_ms: 800 })).toEqual(['slow web']);
    expect(await sweep()).toEqual([]);
    expect(await sweep({ delay_ms: 0 })).toEqual(['restore web']);
  });

  test('degraded, down, up: restore when no cause is left', async () => {
    const sweep = story({ prefer: { body: 'well' } });
    expect(await sweep()).toEqual(['first web']);
    expect(await sweep({ body: 'so so' })).toEqual(['degraded web']);
    expect(await sweep({ status: 500 })).toEqual(['down web']);
    expect(await sweep({ status: 200, body: 'well' })).toEqual(['up web', 'restore web']);
  });

  test('change, with what it was and what it is; the first value is no change', async () => {
    const sweep = story({ watch: 'body' });
    expect(await sweep({ body: 'one\ntwo\n' })).toEqual(['first web']);
    expect(await sweep({ body: 'one\nthree\n' })).toEqual(['change web']);
    expect(await sweep()).toEqual([]);
    const { change } = place.events().at(-1);
    expect(change).toMatchObject({ fact: 'body', before: 'one\ntwo\n', after: 'one\nthree\n' });
    expect(change.diff).toContain('- two');
    expect(change.diff).toContain('+ three');
  });

  test('unknown once per spell, and an outage goes on behind it', async () => {
    place.record(...ALL_KINDS);
    const asked = (argv: readonly string[]) => place.config({ services: [{ name: 'tool', command: argv }] });
    const sweep = async () => {
      expect(await place.run(['run'])).toEqual(SILENT);
      return place.news();
    };
    asked(['/bin/false']);
    expect(await sweep()).toEqual(['first tool', 'down tool']);
    asked(['/no/such/tool']);
    expect(await sweep()).toEqual(['unknown tool']);
    expect(await sweep()).toEqual([]);
    asked(['/bin/true']);
    expect(await sweep()).toEqual(['up tool']);
  });

  test('result after every probe, run once with a file of all results and events', async () => {
    place.hook('on_result');
    place.hook('on_run', `cat "$1" >> ../events.ndjson; cp "$(jq -r .results_file "$1")" ../results.ndjson`);
    place.config({
      services: [
        { name: 'web', target: site.url },
        { name: 'gone', target: closed },
      ],
    });
    await place.run(['run']);
    expect([...place.news()].sort()).toEqual(['result gone', 'result web', 'run puptime']);
    const lines = (await place.shell('cat results.ndjson')).stdout;
    const all = jsonLines(lines);
    expect([all[0], all.at(-1)]).toMatchObject([
      { schema: 'puptime.run.v1', line: 'header' },
      { schema: 'puptime.run.v1', line: 'footer', counts: { services: 2, up: 1, down: 1, events: 3 } },
    ]);
    const kinds = all.slice(1, -1).map(({ schema, event, service }) => `${event ?? schema} ${service}`);
    expect(kinds.sort()).toEqual([
      'down gone',
      'first gone',
      'first web',
      'puptime.result.v1 gone',
      'puptime.result.v1 web',
    ]);
    expect(place.events().find(({ event }) => event === 'run').metrics).toMatchObject({ up: 1, down: 1 });
  });

  test('several hooks for one event in name order, and a service’s own', async () => {
    place.hook('on_down', 'echo on_down >> ../order');
    place.hook('on_down.d/20-b', 'echo b >> ../order');
    place.hook('on_down.d/10.a', 'echo a >> ../order');
    place.hook('on_down.d/30-off.disabled', 'echo off >> ../order');
    place.hook('page-oncall', 'echo own >> ../order');
    const own = { hooks: { on_down: ['./hooks/page-oncall'] } };
    place.config({ services: [{ name: 'gone', target: closed, ...own }] });
    expect(await place.run(['run'])).toEqual(SILENT);
    expect((await place.shell('cat order')).stdout.split('\n')).toEqual(['on_down', 'a', 'b', 'own', '']);
  });

  test('`hooks: none` silences a service, replace puts its own in their place', async () => {
    place.record('down');
    place.hook('own', 'echo own >> ../order');
    place.config({
      services: [
        { name: 'mute', target: closed, hooks: 'none' },
        { name: 'other', target: closed, hooks: { on_down: ['./hooks/own'], replace: true } },
      ],
    });
    expect(await place.run(['run'])).toEqual(SILENT);
    expect(place.news()).toEqual([]);
    expect((await place.shell('cat order')).stdout).toBe('own\n');
  });
});

describe('what is due', () => {
  test('an interval is kept with its tolerance; --all and a NAME force', async () => {
    place.config({
      services: [
        { name: 'hourly', target: site.url, interval: '1h' },
        { name: 'always', target: site.url },
      ],
    });
    const probed = async (...args: string[]) =>
      jsonLines((await place.run(['run', '--json', ...args])).stdout)
        .map(({ service }) => service)
        .sort();
    expect(await probed()).toEqual(['always', 'hourly']);
    expect(await probed()).toEqual(['always']);
    expect(await probed('--all')).toEqual(['always', 'hourly']);
    expect(await probed('hourly')).toEqual(['hourly']);
    place.age(3_600_000 - 40_000);
    expect(await probed()).toEqual(['always']);
    place.age(15_000);
    expect(await probed()).toEqual(['always', 'hourly']);
    // the clock was set back
    place.age(-7_200_000);
    expect(await probed()).toEqual(['always', 'hourly']);
  });

  test('nothing is due: silent, and in JSON nothing', async () => {
    place.config({ services: [{ name: 'hourly', target: site.url, interval: '1h' }] });
    await place.run(['run']);
    expect(await place.run(['run'])).toEqual(SILENT);
    expect(await place.run(['run', '--json'])).toEqual(SILENT);
    expect(site.hits).toBe(1);
  });

  describe('what the last idle run noted', () => {
    const hourly = { name: 'hourly', target: '', interval: '1h' };
    const settle = async (content: object = { services: [{ ...hourly, target: site.url }] }) => {
      place.config(content);
      for (let run = 0; run < 3; run += 1) await place.run(['run']);
      expect(site.hits).toBe(1);
    };
    const probes = async (...args: string[]) => {
      const before = site.hits;
      const { code } = await place.run(['run', ...args]);
      expect(code).toBe(0);
      return site.hits - before;
    };

    test('holds until something is due, or the clock is set back', async () => {
      await settle();
      expect(await probes()).toBe(0);
      expect(await probes('--all')).toBe(1);
      expect(await probes('hourly')).toBe(1);
      expect(await probes()).toBe(0);
      expect(await probes()).toBe(0);
      place.age(3_600_000 - 15_000);
      expect(await probes()).toBe(1);
      expect(await probes()).toBe(0);
      expect(await probes()).toBe(0);
      place.age(-7_200_000);
      expect(await probes()).toBe(1);
    });

    test('does not hold for another config, state, or value of the environment', async () => {
      await settle({
        defaults: { interval: '${env:EVERY:-1h}' },
        services: [{ name: 'a', target: site.url }],
      });
      expect(await probes()).toBe(0);
      const { env } = place;
      await place.run(['run'], { env: { ...env, EVERY: '10m' } });
      expect(site.hits).toBe(1);
      place.age(600_000);
      await place.run(['run'], { env: { ...env, EVERY: '10m' } });
      expect(site.hits).toBe(2);
      expect(await probes('--state', `${place.dir}/other`)).toBe(1);
      place.config({
        services: [
          { ...hourly, target: site.url },
          { name: 'new', target: site.url, interval: '1h' },
        ],
      });
      expect(await probes()).toBeGreaterThanOrEqual(1);
    });

    test('does not keep a removed service from its on_up', async () => {
      place.record('down', 'up');
      const gone = { name: 'gone', target: closed, interval: '1h' };
      place.config({ services: [gone, { ...hourly, target: site.url }] });
      for (let run = 0; run < 3; run += 1) await place.run(['run']);
      expect(place.news()).toEqual(['down gone']);
      place.config({ services: [{ ...hourly, target: site.url }] });
      await place.run(['run']);
      expect(place.news()).toEqual(['up gone']);
    });

    test('is gone with its cache, and a damaged one is none', async () => {
      await settle();
      const cache = `${place.env['XDG_CACHE_HOME'] ?? ''}/puptime`;
      const agenda = readdirSync(cache).find((name) => name.startsWith('agenda-')) ?? '';
      const [key] = readFileSync(`${cache}/${agenda}`, 'utf8').split('\n');
      place.age(3_600_000);
      writeFileSync(`${cache}/${agenda}`, `${String(key)}\n{"until"`);
      expect(await probes()).toBe(1);
    });
  });

  test('names, tags, groups and globs choose; one that matches nothing is a mistake', async () => {
    const service = (name: string, extra: object = {}) => ({ name, target: site.url, ...extra });
    place.config({
      services: [
        service('shop/eu', { tags: ['prod'], group: 'web' }),
        service('shop/us', { tags: ['test'], group: 'web' }),
        service('db', { tags: ['prod'], group: 'data' }),
      ],
    });
    const probed = async (...args: string[]) => {
      const { code, stdout, stderr } = await place.run(['run', '--json', ...args]);
      return code === 0
        ? jsonLines(stdout)
            .map(({ service: name }) => name)
            .sort()
        : `${String(code)} ${stderr}`;
    };
    expect(await probed('shop')).toEqual(['shop/eu', 'shop/us']);
    expect(await probed('db', 'shop/eu')).toEqual(['db', 'shop/eu']);
    expect(await probed('--tag', 'prod')).toEqual(['db', 'shop/eu']);
    expect(await probed('--tag', 'prod', '--group', 'web')).toEqual(['shop/eu']);
    expect(await probed('--only', '*/us', '--only', 'd?')).toEqual(['db', 'shop/us']);
    expect(await probed('shpo')).toMatch(/^64 .*shpo/);
    expect(await probed('--tag', 'none')).toMatch(/^64 .*none/);
    expect(await probed('--only', 'x*')).toMatch(/^64 .*x\*/);
  });
});

describe('services that leave', () => {
  test('removed from the config while down: up with cause removed', async () => {
    place.record('down', 'up');
    const web = { name: 'web', target: site.url };
    place.config({ services: [web, { name: 'gone', target: closed }] });
    await place.run(['run']);
    expect(place.news()).toEqual(['down gone']);
    place.config({ services: [web] });
    expect(await place.run(['run', 'web'])).toEqual(SILENT);
    expect(place.news()).toEqual(['up gone']);
    expect(place.events().at(-1)).toMatchObject({ cause: 'removed', status: 'unknown' });
    await place.run(['run']);
    expect(place.news()).toEqual([]);
  });

  test('switched off while down: up with cause disabled', async () => {
    place.record('down', 'up');
    place.config({ services: [{ name: 'gone', target: closed }] });
    await place.run(['run']);
    place.config({ services: [{ name: 'gone', target: closed, enabled: false }] });
    expect(await place.run(['run', '--all'])).toEqual(SILENT);
    expect(place.news()).toEqual(['down gone', 'up gone']);
    expect(place.events().at(-1).cause).toBe('disabled');
    place.config({ services: [{ name: 'gone', target: closed }] });
    await place.run(['run']);
    expect(place.news()).toEqual(['down gone']);
  });

  test('two configs share one state: neither removes what the other has', async () => {
    place.record('down', 'up');
    place.config({ services: [{ name: 'a', target: closed }] }, 'a.yaml');
    place.config({ services: [{ name: 'b', target: closed }] }, 'b.yaml');
    await place.run(['run', '-c', 'a.yaml']);
    await place.run(['run', '-c', 'b.yaml']);
    await place.run(['run', '-c', 'a.yaml']);
    expect(place.news()).toEqual(['down a', 'down b']);
  });

  test('not chosen is not gone', async () => {
    place.record('up');
    place.config({
      services: [
        { name: 'a', target: closed, tags: ['x'] },
        { name: 'b', target: site.url, tags: ['y'] },
      ],
    });
    await place.run(['run']);
    await place.run(['run', 'b']);
    await place.run(['run', '--tag', 'y']);
    expect(place.news()).toEqual([]);
  });
});

describe('exit codes and limits', () => {
  test('--exit-status is the worst status: down before unknown before degraded', async () => {
    const services = [
      { name: 'web', target: site.url },
      { name: 'worried', target: site.url, prefer: { body: 'splendid' } },
      { name: 'grey', command: ['/no/such/tool'] },
      { name: 'gone', target: closed },
    ];
    place.config({ services });
    const code = async (...names: string[]) => (await place.run(['run', '--exit-status', ...names])).code;
    expect(await code()).toBe(2);
    expect(await code('web')).toBe(0);
    expect(await code('web', 'worried')).toBe(1);
    expect(await code('web', 'worried', 'grey')).toBe(3);
    expect(await code('grey', 'gone')).toBe(2);
    // what is not due counts as it is remembered
    place.config({ services: services.map((service) => ({ ...service, interval: '1h' })) });
    expect(await code()).toBe(2);
  });

  test('--deadline makes unknown what it cuts off, and loses no memory', async () => {
    place.record('down', 'unknown');
    place.config({
      services: [
        { name: 'web', target: site.url },
        { name: 'other', command: ['/bin/true'] },
      ],
    });
    await place.run(['run']);
    site.delay_ms = 5000;
    const { code, stdout, stderr } = await place.run(['run', '--json', '--deadline', '500ms']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const web = jsonLines(stdout).find(({ service }) => service === 'web');
    expect(web).toMatchObject({ status: 'unknown', reason: { code: 'resources' } });
    expect(place.news()).toEqual(['unknown web']);
    expect(place.memory()['web'].status).toBe('up');
  });

  test('--concurrency bounds what is probed at once', async () => {
    site.delay_ms = 150;
    const services = ['a', 'b', 'c', 'd'].map((name) => ({ name, target: site.url }));
    place.config({ services });
    const took = async (...args: string[]) => {
      const began = performance.now();
      expect((await place.run(['run', ...args])).code).toBe(0);
      return performance.now() - began;
    };
    const one = await took('--concurrency', '1');
    const many = await took();
    expect(one - many).toBeGreaterThan(250);
  });

  test('a mistake on the command line is told before anything is probed', async () => {
    place.config({ services: [{ name: 'web', target: site.url }] });
    const wrong: readonly string[][] = [
      ['--deadline', 'soon'],
      ['--lock-wait', 'x'],
      ['--concurrency', '0'],
    ];
    for (const args of wrong) {
      const { code, stderr } = await place.run(['run', ...args]);
      expect([args, code]).toEqual([args, 64]);
      expect(stderr).toContain(args[0]);
    }
    expect(site.hits).toBe(0);
  });
});

describe('without memory', () => {
  test('--no-state: hooks by level, no state directory, retries apply', async () => {
    place.record('down', 'slow', 'up', 'first', 'result');
    place.config({
      services: [
        { name: 'gone', target: closed, retries: 1, retry_delay: '10ms', interval: '1h', down_after: 5 },
        { name: 'web', target: site.url, slow: '1ms', slow_window: 9, interval: '1h' },
      ],
    });
    site.delay_ms = 20;
    for (const _ of [1, 2]) {
      expect(await place.run(['run', '--no-state'])).toEqual(SILENT);
      expect([...place.news()].sort()).toEqual(['down gone', 'result gone', 'result web', 'slow web']);
    }
    expect((await place.shell('ls state')).code).not.toBe(0);
  });
});

describe('--dry-run', () => {
  test('says what would be announced, and starts and keeps nothing', async () => {
    place.record('down', 'first', 'run', 'result');
    place.config({ services: [{ name: 'gone', target: closed }] });
    for (const extra of [[], ['--no-state']]) {
      const { code, stderr } = await place.run(['run', '--dry-run', ...extra]);
      expect(code).toBe(0);
      expect(stderr).toContain('on_down for gone');
    }
    expect(place.news()).toEqual([]);
    expect((await place.shell('ls state')).code).not.toBe(0);
  });
});

describe('deliver', () => {
  test('--no-deliver leaves the events to puptime deliver', async () => {
    place.record('down', 'first');
    place.config({ services: [{ name: 'gone', target: closed }] });
    expect(await place.run(['run', '--no-deliver'])).toEqual(SILENT);
    expect(place.news()).toEqual([]);
    const dry = await place.run(['deliver', '--dry-run']);
    expect(dry.stderr).toContain('on_down for gone');
    expect(place.news()).toEqual([]);
    expect(await place.run(['deliver'])).toEqual(SILENT);
    expect(place.news()).toEqual(['first gone', 'down gone']);
    expect(await place.run(['deliver'])).toEqual(SILENT);
    await place.run(['run']);
    expect(place.news()).toEqual([]);
  });
});
