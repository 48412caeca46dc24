import { mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../servers/daemon.ts';
import { strictComplaintsOf } from '../schema/validator.ts';
import { ALL_KINDS, type Place, createPlace, jsonLines } from './program.ts';
import { type Site, startSite } from './site.ts';

const KINDS = [...ALL_KINDS, 'result', 'run'];
const PIPE = 'puptime probe --due --json | puptime decide | puptime deliver -';

let site: Site;
let places: Place[] = [];
const newPlace = (name: string) => {
  const place = createPlace(name);
  places.push(place);
  return place;
};
beforeEach(async () => {
  site = await startSite();
});
afterEach(() => {
  site.close();
  for (const place of places) place.remove();
  places = [];
});

describe('probe | decide | deliver', () => {
  test('announces the same as run, round after round', async () => {
    const closed = `tcp://127.0.0.1:${String(await freePort())}`;
    const [whole, piped] = [newPlace('whole'), newPlace('piped')];
    const services = [
      {
        name: 'web',
        target: site.url,
        watch: 'body',
        slow: '2s',
        slow_window: 1,
        prefer: { body: { excludes: 'hmm' } },
      },
      { name: 'hourly', target: site.url, interval: '1h' },
      { name: 'patient', target: site.url, down_after: 2 },
    ];
    const tool = { name: 'tool', command: ['/no/such/tool'] };
    const gone = { name: 'gone', target: closed };
    const rounds: readonly (readonly [string, () => object[]])[] = [
      ['first sight', () => [...services, tool, gone]],
      ['down', () => ((site.status = 500), [...services, tool, gone])],
      ['still down', () => [...services, { ...tool, command: ['/bin/true'] }, gone]],
      ['up and changed', () => ((site.status = 200), (site.body = 'changed'), [...services, tool, gone])],
      ['slow and worrying', () => ((site.delay_ms = 2300), (site.body = 'hmm'), [...services, gone])],
      ['removed', () => ((site.delay_ms = 0), (site.body = 'well'), services)],
      ['disabled', () => services.map((service) => ({ ...service, enabled: service.name !== 'web' }))],
    ];
    for (const place of [whole, piped]) place.record(...KINDS);
    const told: string[] = [];
    for (const [name, change] of rounds) {
      const config = change();
      for (const place of [whole, piped]) place.config({ services: config });
      const [run, pipe] = await Promise.all([whole.run(['run']), piped.shell(PIPE)]);
      expect([name, run.code, run.stderr]).toEqual([name, 0, '']);
      expect([name, pipe.stderr]).toEqual([name, '']);
      const news = [...whole.news()].sort();
      expect([name, [...piped.news()].sort()]).toEqual([name, news]);
      told.push(...news.map((line) => line.split(' ')[0] ?? ''));
    }
    for (const kind of KINDS) expect(told).toContain(kind);
    const facts = (place: Place) =>
      place
        .events()
        .filter(({ event }) => event !== 'run' && event !== 'result')
        .map(({ event, service, status, previous, failures, cause, reason }) =>
          JSON.stringify([event, service, status, previous?.status, failures, cause, reason?.code]),
        )
        .sort();
    expect(facts(piped)).toEqual(facts(whole));
    expect(piped.events().flatMap((event) => strictComplaintsOf[event.schema]?.(event))).toEqual([]);
    const durable = (place: Place) =>
      Object.values(place.memory()).map(({ service, status }) => `${service} ${status}`);
    expect(durable(piped).sort()).toEqual(durable(whole).sort());
  }, 120_000);

  test('on_run gets a file of all results and events here, too', async () => {
    const place = newPlace('results');
    const closed = `tcp://127.0.0.1:${String(await freePort())}`;
    place.hook('on_run', 'cp "$(jq -r .results_file "$1")" ../results.ndjson');
    place.config({
      services: [
        { name: 'gone', target: closed },
        { name: 'web', target: site.url },
      ],
    });
    const { code, stderr } = await place.shell(PIPE);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = jsonLines((await place.shell('cat results.ndjson')).stdout);
    expect(lines.flatMap((line) => strictComplaintsOf[line.schema]?.(line) ?? [])).toEqual([]);
    const results = lines.filter(({ schema }) => schema === 'puptime.result.v1');
    expect(Object.fromEntries(results.map(({ service, events }) => [service, events]))).toEqual({
      gone: ['first', 'down'],
      web: ['first'],
    });
    expect(lines.filter(({ schema }) => schema === 'puptime.event.v1')).toHaveLength(3);
  });

  test('decide prints again what nobody has acknowledged, with the same ids', async () => {
    const place = newPlace('again');
    const closed = `tcp://127.0.0.1:${String(await freePort())}`;
    place.record('down', 'first');
    place.config({ services: [{ name: 'gone', target: closed }] });
    const lost = jsonLines((await place.shell('puptime probe --json | puptime decide')).stdout);
    const again = jsonLines((await place.run(['decide'])).stdout);
    const committed = ({ event }: { readonly event: string }) => !['result', 'run'].includes(event);
    expect(again.map(({ event }) => event)).toEqual(['first', 'down']);
    expect(again.map(({ id }) => id)).toEqual(lost.filter(committed).map(({ id }) => id));
    // on one machine deliver may find them in the queue before they come through the pipe
    expect((await place.shell('puptime decide < /dev/null | puptime deliver - > ids')).stderr).toBe('');
    expect(place.news()).toEqual(['first gone', 'down gone']);
    expect((await place.run(['decide'])).stdout).toBe('');
  });

  test('between machines: deliver has a state and hooks of its own, and ignores ids that it has seen', async () => {
    const [near, far] = [newPlace('near'), newPlace('far')];
    const closed = `tcp://127.0.0.1:${String(await freePort())}`;
    near.config({ services: [{ name: 'gone', target: closed, hooks: { on_down: ['./evil'] } }] });
    far.record(...KINDS);
    far.config({ services: [] });
    const events = (await near.shell('puptime probe --json | puptime decide')).stdout;
    const ids = jsonLines(events).map(({ id }) => id);
    const first = await far.run(['deliver', '-'], { input: events });
    expect([first.code, first.stderr, first.stdout.trimEnd().split('\n')]).toEqual([0, '', ids]);
    expect([...far.news()].sort()).toEqual(['down gone', 'first gone', 'result gone', 'run puptime']);
    const stored = jsonLines(events).filter(({ event }) => ['down', 'first'].includes(event));
    const input = stored.map((event) => `${JSON.stringify(event)}\n`).join('');
    const second = await far.run(['deliver', '-'], { input });
    expect([second.code, second.stderr, second.stdout.trimEnd().split('\n')]).toEqual([
      0,
      '',
      stored.map(({ id }) => id),
    ]);
    expect(far.news()).toEqual([]);
  });

  test('damaged lines are told, and lose nothing else', async () => {
    const place = newPlace('damaged');
    place.record('first');
    place.config({ services: ['a', 'b'].map((name) => ({ name, target: site.url })) });
    const [a = '', b = ''] = (await place.run(['probe', '--json'])).stdout.split('\n');
    const results = `${a.slice(0, 200)}\n\n[]\n{"schema":"puptime.result.v1"}\n${a}\n\u0000\u001b[2J\n${b}\n`;
    const decided = await place.run(['decide'], { input: results });
    expect(decided.code).toBe(74);
    const complaints = decided.stderr.trimEnd().split('\n');
    expect(complaints.map((line) => /^puptime: stdin:(\d+): /.exec(line)?.[1])).toEqual(['1', '3', '4', '6']);
    expect(decided.stderr).not.toContain('\u001b');
    const events = jsonLines(decided.stdout);
    expect(events.filter(({ event }) => event === 'first')).toHaveLength(2);
    const far = newPlace('damaged-far');
    far.record('first');
    far.config({ services: [] });
    const [one, two] = events.filter(({ event }) => event === 'first');
    const strange = { ...one, id: '../../etc/passwd' };
    const input = [
      'nonsense',
      JSON.stringify(strange),
      JSON.stringify(one),
      '{"schema":"x"}',
      JSON.stringify(two),
    ].join('\n');
    const delivered = await far.run(['deliver', '-'], { input });
    expect(delivered.code).toBe(74);
    expect(
      delivered.stderr
        .trimEnd()
        .split('\n')
        .map((line) => /stdin:(\d+): /.exec(line)?.[1]),
    ).toEqual(['1', '2', '4']);
    expect([...far.news()].sort()).toEqual(['first a', 'first b']);
  });

  test('decide without any config decides all the same; with an invalid one it refuses', async () => {
    const place = newPlace('bare');
    const closed = `tcp://127.0.0.1:${String(await freePort())}`;
    const results = (await place.run(['probe', '--json', closed])).stdout;
    const decided = await place.run(['decide'], { input: results });
    expect(decided.code).toBe(0);
    expect(jsonLines(decided.stdout).map(({ event }) => event)).toEqual(['result', 'first', 'down', 'run']);
    writeFileSync(`${place.dir}/puptime.yaml`, 'servces: []', { mode: 0o644 });
    const refused = await place.run(['decide'], { input: results });
    expect([refused.code, refused.stdout, refused.stderr]).toEqual([
      78,
      '',
      expect.stringContaining('did you mean'),
    ]);
  });

  test('decide --dry-run keeps nothing; a held lock is 75', async () => {
    const place = newPlace('dry');
    const closed = `tcp://127.0.0.1:${String(await freePort())}`;
    place.config({ services: [{ name: 'gone', target: closed }] });
    const results = (await place.run(['probe', '--json'])).stdout;
    for (const _ of [1, 2]) {
      const { code, stdout } = await place.run(['decide', '--dry-run'], { input: results });
      expect([code, jsonLines(stdout).map(({ event }) => event)]).toEqual([0, ['first', 'down']]);
    }
    mkdirSync(place.state, { recursive: true, mode: 0o700 });
    const held = await place.shell(`exec 9< state; flock 9; puptime decide < /dev/null; exit $?`);
    expect([held.code, held.stdout]).toEqual([75, '']);
  });
});
