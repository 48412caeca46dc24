import { copyFileSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freePort, until } from '../servers/daemon.ts';
import { type Parsed, type Place, createPlace, jsonLines } from './program.ts';
import { type Site, startSite } from './site.ts';

let place: Place;
let site: Site;
let closed: string;
beforeEach(async () => {
  place = createPlace('events');
  site = await startSite();
  closed = `tcp://127.0.0.1:${String(await freePort())}`;
});
afterEach(() => {
  site.close();
  place.remove();
});

const SILENT = { code: 0, stdout: '', stderr: '' };
const NOTE_IT = 'cat "$1" >> ../events.ndjson';
const gone = (extra: object = {}) => ({
  services: [{ name: 'gone', target: closed, interval: '1h', tags: ['net'], ...extra }],
});
const web = () => place.config({ services: [{ name: 'web', target: site.url }] });
const list = async (...args: readonly string[]): Promise<readonly Parsed[]> =>
  jsonLines((await place.run(['events', '--json', ...args])).stdout);
const states = async (...args: readonly string[]) =>
  (await list(...args)).map(
    ({ state, event, hook }) => `${state} ${event} ${hook?.split('/hooks/')[1] ?? '-'}`,
  );

/** One hook that is done, one that failed, one that gave up. */
async function threeEnds(): Promise<void> {
  place.hook(
    'on_down',
    'echo "no route to the pager"; test -e ../repaired || exit 7; cat "$1" >> ../events.ndjson',
  );
  place.hook('on_down.d/20-sms', `test -e ../repaired || exit 100; ${NOTE_IT}`);
  place.hook('on_first');
  place.config(gone());
  expect((await place.run(['run'])).code).toBe(1);
  expect(place.news()).toEqual(['first gone']);
}

describe('puptime events', () => {
  test('says so when there is nothing, and makes nothing', async () => {
    for (const args of [['events'], ['events', '--dead']]) {
      const { code, stdout, stderr } = await place.run(args);
      expect([code, stdout, stderr]).toEqual([
        0,
        '',
        `puptime: no events: nothing is in ${place.state} yet\n`,
      ]);
    }
    expect((await place.run(['events', '-o', 'json'])).stdout).toBe('[]\n');
    expect(await place.run(['events', '-q'])).toEqual(SILENT);
    expect(existsSync(place.state)).toBe(false);
    place.config({ services: [{ name: 'web', target: site.url }] });
    await place.run(['run']);
    const { code, stderr } = await place.run(['events']);
    expect([code, stderr]).toEqual([0, 'puptime: no event waits, none is dead, none was done lately\n']);
    expect((await place.run(['events', '--dead'])).stderr).toBe('puptime: none is dead\n');
  });

  test('shows what waits, is dead and was done, each with its hook', async () => {
    await threeEnds();
    expect(await states()).toEqual([
      'failed down on_down',
      'dead down on_down.d/20-sms',
      'done first on_first',
    ]);
    const [failed, dead, done] = await list();
    expect(failed).toEqual({
      schema: 'puptime.delivery.v1',
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      event: 'down',
      service: 'gone',
      incident: expect.stringMatching(/^[0-9a-f]{32}$/),
      state: 'failed',
      hook: `${place.hooks}/on_down`,
      attempts: 1,
      next: expect.stringMatching(/Z$/),
      reason: 'exit code 7',
      output: 'no route to the pager',
      time: expect.stringMatching(/Z$/),
      committed: expect.stringMatching(/Z$/),
      ended: null,
      summary: expect.stringContaining('refused'),
    });
    expect(Date.parse(failed!.next)).toBeGreaterThan(Date.now() + 20_000);
    expect(dead).toMatchObject({
      id: failed!.id,
      reason: 'exit code 100',
      next: null,
      ended: expect.any(String),
    });
    expect(done).toMatchObject({
      service: 'gone',
      attempts: 1,
      reason: null,
      next: null,
      ended: expect.any(String),
    });
    const table = await place.run(['events', '-v']);
    expect([table.code, table.stderr]).toEqual([0, '']);
    const lines = table.stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^STATE +AGE +EVENT +SERVICE +HOOK +TRIES +ID +WHAT$/);
    expect(lines[1]).toMatch(/^failed .* down +gone +on_down +1 +[0-9a-f]{12} +next in .*; exit code 7$/);
    expect(lines[2]).toBe('  | no route to the pager');
    expect(lines[3]).toMatch(/^dead .* on_down\.d\/20-sms .* exit code 100$/);
    expect(JSON.parse((await place.run(['events', '-o', 'json'])).stdout)).toHaveLength(3);
  });

  test('kinds, names and selectors choose; without a config, and with an invalid one', async () => {
    await threeEnds();
    expect(await states('--dead')).toEqual(['dead down on_down.d/20-sms']);
    expect(await states('--pending', '--recent', '--limit', '1')).toEqual([
      'failed down on_down',
      'done first on_first',
    ]);
    expect(await states('--hook', 'on_down')).toEqual(['failed down on_down']);
    expect(await states('gone', '--tag', 'net')).toHaveLength(3);
    const unknown = await place.run(['events', 'gnoe']);
    expect([unknown.code, unknown.stderr]).toEqual([64, expect.stringContaining('no service matches')]);
    for (const text of ['services: 7', null]) {
      if (text === null) rmSync(`${place.dir}/puptime.yaml`);
      else writeFileSync(`${place.dir}/puptime.yaml`, text, { mode: 0o644 });
      expect(await states('gone')).toHaveLength(3);
    }
    expect((await place.run(['events', '-o', 'tap'])).code).toBe(64);
    expect((await place.run(['events', '--all'])).code).toBe(64);
  });

  test('looks while a run delivers: what runs, and what waits behind it', async () => {
    place.hook('on_down', 'touch ../started; while ! test -e ../go; do sleep 0.05; done');
    place.record('up');
    web();
    site.status = 500;
    const run = place.start(['run']);
    await until('the hook to start', async () => existsSync(`${place.dir}/started`));
    const [running] = await list('--pending');
    expect(running).toMatchObject({
      state: 'started',
      reason: expect.stringMatching(/^it runs, as process group \d+$/),
    });
    site.status = 200;
    await place.run(['run', '--no-deliver']);
    expect(await list('--pending')).toEqual([
      expect.objectContaining({ event: 'down', state: 'started' }),
      expect.objectContaining({ event: 'up', state: 'waiting' }),
    ]);
    const busy = await place.run(['events', 'drop', running!.id, '--lock-wait', '100ms']);
    expect([busy.code, busy.stderr]).toEqual([75, expect.stringContaining('--lock-wait')]);
    writeFileSync(`${place.dir}/go`, '');
    await run.ended;
    await place.run(['deliver']);
    expect(await states()).toEqual(['done up on_up', 'done down on_down']);
  });

  test('a hook that may not run is refused, with the reason', async () => {
    place.hook('on_down');
    place.config(gone());
    await place.run(['run', '--no-deliver']);
    expect(await states()).toEqual(['waiting down on_down']);
    await place.shell('chmod o+w hooks/on_down');
    const [refused] = await list();
    expect(refused).toMatchObject({
      state: 'refused',
      reason: expect.stringContaining('writable by everybody'),
    });
  });
});

describe('puptime events show', () => {
  test('the whole event and its deliveries, by the beginning of its id', async () => {
    await threeEnds();
    const [{ id }] = (await list()) as [Parsed];
    const shown = await place.run(['events', 'show', id.slice(0, 6)]);
    expect([shown.code, shown.stderr]).toEqual([0, '']);
    expect(shown.stdout).toContain('  | no route to the pager\n');
    expect(JSON.parse(shown.stdout.slice(shown.stdout.indexOf('\n{')))).toMatchObject({
      id,
      service: 'gone',
    });
    const { stdout } = await place.run(['events', 'show', '--json', id]);
    const { event, deliveries } = JSON.parse(stdout);
    expect([event.id, event.facts]).toEqual([id, expect.any(Object)]);
    expect(deliveries.map((one: Parsed) => one.state)).toEqual(['failed', 'dead']);
    // only a line is left of what is done
    const [{ id: done }] = (await list('--recent')) as [Parsed];
    await place.run(['events', 'drop', '--all']);
    await place.run(['run']);
    const gist = JSON.parse((await place.run(['events', 'show', '--json', done])).stdout);
    expect([gist.event, gist.deliveries[0].service]).toEqual([null, 'gone']);
  });

  test('an id that is too short, unknown, or the beginning of several', async () => {
    await threeEnds();
    const say = async (...args: readonly string[]) => {
      const { code, stdout, stderr } = await place.run(['events', 'show', ...args]);
      return `${String(code)} ${stdout}${stderr}`;
    };
    expect(await say('abc')).toMatch(/^64 .*at least its first 6 characters/);
    expect(await say('no-such-id')).toMatch(/^64 .*there is no event of this id/);
    expect(await say()).toMatch(/^64 .*expected the id/);
    await place.shell(
      `sed -i 's/"id":"[0-9a-f]\\{8\\}/"id":"aaaaaaaa/g' state/queue/* state/dead/* state/deliveries.ndjson`,
    );
    expect(await say('aaaaaaa')).toMatch(
      /^64 .*2 events begin with it, expected one: aaaaaaaa.* of gone\), aaaaaaaa.* of gone\)/,
    );
  });

  test('without a state there is no input', async () => {
    const { code, stderr } = await place.run(['events', 'show', 'abcdef12']);
    expect([code, stderr]).toEqual([66, expect.stringContaining('--state')]);
  });
});

describe('puptime events retry', () => {
  test('what waits is due now, what is dead goes back; attempts go on counting', async () => {
    await threeEnds();
    const [{ id }] = (await list()) as [Parsed];
    writeFileSync(`${place.dir}/repaired`, '');
    expect(await place.run(['deliver'])).toEqual(SILENT);
    const dry = await place.run(['events', 'retry', id, '--dry-run']);
    expect(dry.stdout).toContain('would be tried again by on_down.d/20-sms');
    expect(await states('--dead')).toHaveLength(1);
    const { code, stdout, stderr } = await place.run(['events', 'retry', id.slice(0, 8)]);
    expect([code, stderr]).toEqual([0, 'puptime: the next puptime run or puptime deliver tries them\n']);
    expect(stdout).toBe(
      `${id} (down of gone): tried again by on_down\n${id} (down of gone): tried again by on_down.d/20-sms\n`,
    );
    expect(await states('--pending', '--dead')).toEqual([
      'failed down on_down.d/20-sms',
      'failed down on_down',
    ]);
    expect(readdirSync(`${place.state}/dead`)).toEqual([]);
    expect(await place.run(['run'])).toEqual(SILENT);
    expect([...place.news()].sort()).toEqual(['down gone', 'down gone']);
    expect(
      place
        .events()
        .slice(1)
        .map(({ id: one, delivery }) => [one, delivery.attempt]),
    ).toEqual([
      [id, 2],
      [id, 2],
    ]);
    expect(await states()).toEqual(
      expect.arrayContaining(['done down on_down', 'done down on_down.d/20-sms']),
    );
    expect(readdirSync(`${place.state}/queue`)).toEqual([]);
    const over = await place.run(['events', 'retry', id]);
    expect([over.code, over.stderr]).toEqual([64, expect.stringContaining('it is done')]);
  });

  test('a dead on_down that is tried again comes before the on_up that still waits', async () => {
    place.hook('on_down', `test -e ../repaired || exit 100; ${NOTE_IT}`);
    place.hook('on_up', `test -e ../repaired || exit 1; ${NOTE_IT}`);
    web();
    site.status = 500;
    await place.run(['run']);
    site.status = 200;
    await place.run(['run']);
    expect(await states()).toEqual(['failed up on_up', 'dead down on_down']);
    writeFileSync(`${place.dir}/repaired`, '');
    const { code, stderr } = await place.run(['events', 'retry', '--all']);
    expect([code, stderr]).toEqual([0, expect.stringContaining('this outage of web is over')]);
    expect(await states()).toEqual(['failed down on_down', 'failed up on_up']);
    expect(await place.run(['deliver'])).toEqual(SILENT);
    expect(place.news()).toEqual(['down web', 'up web']);
  });

  test('max_age counts from then', async () => {
    place.hook('on_down', 'exit 1');
    place.config({ ...gone(), hooks: { max_age: '1h' } });
    await place.run(['run']);
    const earlier = (file: string, key: string) =>
      place.shell(`jq -c '.${key} -= 7200000' ${file} > x && cat x > ${file}`);
    const [name] = readdirSync(`${place.state}/queue`);
    await earlier(`state/queue/${name!}`, 'committed');
    const retry = async () => {
      const result = await place.run(['events', 'retry', '--all']);
      expect(result.code).toBe(0);
    };
    await retry();
    expect((await place.run(['deliver'])).code).toBe(1);
    expect(await states()).toEqual(['failed down on_down']);
    place.age(600_000);
    expect((await place.run(['deliver'])).code).toBe(1);
    expect(await list()).toMatchObject([{ state: 'failed', attempts: 3 }]);
    // and without a person it would have been too old
    await place.shell(`sed -i 's/,"since":[0-9]*//; s/"next":[0-9]*/"next":1/' state/deliveries.ndjson`);
    await place.run(['deliver']);
    expect(await states()).toEqual(['dead down on_down']);
  });

  test('cut short at any step it loses nothing, and tries it once', async () => {
    place.hook('on_down', `test -e ../repaired || exit 100; ${NOTE_IT}`);
    place.config(gone());
    await place.run(['run', '--no-deliver']);
    const [first] = readdirSync(`${place.state}/queue`);
    copyFileSync(`${place.state}/queue/${first!}`, `${place.dir}/first`);
    await place.run(['deliver']);
    const [letter] = readdirSync(`${place.state}/dead`);
    copyFileSync(`${place.state}/dead/${letter!}`, `${place.dir}/letter`);
    writeFileSync(`${place.dir}/repaired`, '');
    await place.shell('cp state/deliveries.ndjson before');
    await place.run(['events', 'retry', '--dead', '--all']);
    copyFileSync(`${place.dir}/letter`, `${place.state}/dead/${letter!}`);
    copyFileSync(`${place.dir}/first`, `${place.state}/queue/${first!}`);
    // killed before the letter went
    expect(await states()).toEqual(['failed down on_down']);
    // killed before the journal knew of it: still dead, and nothing is tried
    await place.shell('cp state/deliveries.ndjson after; cp before state/deliveries.ndjson');
    expect(await states()).toEqual(['dead down on_down']);
    await place.run(['deliver', '--dry-run']);
    await place.shell('cp after state/deliveries.ndjson');
    expect(await place.run(['deliver'])).toEqual(SILENT);
    expect(place.news()).toEqual(['down gone']);
    expect(await states()).toEqual(['done down on_down']);
    expect(await place.run(['run'])).toEqual(SILENT);
    expect(place.news()).toEqual([]);
  });

  test('mistakes', async () => {
    await threeEnds();
    const say = async (...args: readonly string[]) => {
      const { code, stderr } = await place.run(['events', ...args]);
      return `${String(code)} ${stderr}`;
    };
    expect(await say('retry')).toMatch(/^64 .*expected IDs, or --all/);
    expect(await say('retry', 'abcdef', '--all')).toMatch(/^64 .*one of the two/);
    expect(await say('drop', '--recent', '--all')).toMatch(/^64 .*puptime replay/);
    expect(await say('retry', 'abcdef012345')).toMatch(/^64 /);
    expect(await say('retry', '--all', '--hook', 'on_donw')).toMatch(/^64 .*there are .*on_down/);
    expect(await say('retry', '--all', '--only', 'x*')).toMatch(/^64 .*no service matches/);
    expect(await states('--pending', '--dead')).toEqual([
      'failed down on_down',
      'dead down on_down.d/20-sms',
    ]);
  });
});

describe('puptime events drop', () => {
  test('for one hook, then for all; the dead ones go', async () => {
    await threeEnds();
    const [{ id }] = (await list()) as [Parsed];
    expect((await place.run(['events', 'drop', id, '--dry-run'])).stdout).toContain(
      'would be dropped by on_down\n',
    );
    const one = await place.run(['events', 'drop', id, '--hook', 'on_down']);
    expect([one.code, one.stdout]).toEqual([0, `${id} (down of gone): dropped by on_down\n`]);
    expect(await states()).toEqual([
      'dead down on_down.d/20-sms',
      'dropped down on_down',
      'done first on_first',
    ]);
    const rest = await place.run(['events', 'drop', '--all', '--json']);
    expect(jsonLines(rest.stdout)).toMatchObject([
      { id, state: 'dropped', reason: 'dropped by hand', attempts: 1 },
    ]);
    expect(readdirSync(`${place.state}/dead`)).toEqual([]);
    place.age(80_000);
    expect(await place.run(['run'])).toEqual(SILENT);
    expect(readdirSync(`${place.state}/queue`)).toEqual([]);
    expect(place.news()).toEqual([]);
    const none = await place.run(['events', 'drop', '--all']);
    expect([none.code, none.stderr]).toEqual([0, 'puptime: there is nothing to do\n']);
  });

  test('an on_down that was never tried takes its on_up along; one that was tried does not', async () => {
    place.hook('on_down', `${NOTE_IT}; exit 1`);
    place.record('up');
    web();
    for (const [first, told] of [
      [['run', '--no-deliver'], []],
      [['run'], ['down web', 'up web']],
    ] as const) {
      site.status = 500;
      await place.run(first);
      expect((await place.run(['events', 'drop', '--all'])).code).toBe(0);
      site.status = 200;
      expect((await place.run(['run'])).code).toBe(0);
      expect(place.news()).toEqual(told);
    }
  });
});

describe('puptime events ack', () => {
  const decide = async () => (await place.shell('puptime probe --json | puptime decide')).stdout;
  const committed = (text: string) =>
    jsonLines(text)
      .filter(({ event }) => !['result', 'run'].includes(event))
      .map(({ id }) => id as string);

  test('what was delivered elsewhere is not printed again', async () => {
    place.config(gone());
    const ids = committed(await decide());
    expect(await states()).toEqual(['unacknowledged first -', 'unacknowledged down -']);
    const [first = '', down = ''] = ids;
    expect(await place.run(['events', 'ack', first.slice(0, 8)])).toEqual(SILENT);
    expect(committed((await place.run(['decide'])).stdout)).toEqual([down]);
    // as deliver - prints them, those of on_result and on_run among them
    const input = `${[...ids, 'f'.repeat(32)].join('\n')}\n`;
    expect(await place.run(['events', 'ack', '-'], { input })).toEqual(SILENT);
    expect((await place.run(['decide'])).stdout).toBe('');
    expect(await place.run(['events', 'ack', ...ids])).toEqual(SILENT);
    expect(readdirSync(`${place.state}/queue`)).toEqual([]);
  });

  test('the whole way: a probe host without hooks, a hooks host without probes', async () => {
    const far = createPlace('events-far');
    far.record('down', 'first', 'result', 'run');
    far.config({ services: [] });
    place.config(gone());
    const pipe = `puptime probe --json | puptime decide | env PUPTIME_STATE=${far.state} puptime deliver -c ${far.dir}/puptime.yaml - | puptime events ack -`;
    const { stdout, stderr } = await place.shell(`${pipe}; echo "\${PIPESTATUS[*]}"`);
    expect([stdout, stderr]).toEqual(['2 0 0 0\n', '']);
    expect([...far.news()].sort()).toEqual(['down gone', 'first gone', 'result gone', 'run puptime']);
    expect((await place.run(['decide'])).stdout).toBe('');
    far.remove();
  });

  test('mistakes: unknown ids are told, the others are taken', async () => {
    place.config(gone());
    const [first = '', down = ''] = committed(await decide());
    const some = await place.run(['events', 'ack', 'f'.repeat(32), first]);
    expect([some.code, some.stderr]).toEqual([64, expect.stringContaining('there is no event of this id')]);
    const lines = await place.run(['events', 'ack', '-'], { input: `\u001b[2J\n${down}\n` });
    expect([lines.code, lines.stderr]).toEqual([74, expect.stringMatching(/^puptime: stdin:1: no id: \[2J/)]);
    expect((await place.run(['decide'])).stdout).toBe('');
    expect((await place.run(['events', 'ack'])).code).toBe(64);
    expect((await place.run(['events', 'ack', '-', '--state', 'elsewhere'])).code).toBe(0);
    expect((await place.run(['events', 'ack', down, '--state', 'elsewhere'])).code).toBe(66);
    place.hook('on_unknown', 'exit 1');
    place.config({ services: [{ name: 'tool', command: ['/no/such/tool'] }] });
    await place.run(['run']);
    const [{ id }] = (await list('--pending')) as [Parsed];
    const own = await place.run(['events', 'ack', id]);
    expect([own.code, own.stderr]).toEqual([64, expect.stringContaining('it has hooks here')]);
  });
});
