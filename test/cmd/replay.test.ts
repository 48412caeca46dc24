import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { strictComplaintsOf } from '../schema/validator.ts';
import { freePort } from '../servers/daemon.ts';
import { type Place, createPlace, jsonLines } from './program.ts';

let place: Place;
beforeEach(async () => {
  place = createPlace('replay');
  const target = `tcp://127.0.0.1:${String(await freePort())}`;
  place.config({ services: ['a', 'b'].map((name) => ({ name, target })) });
});
afterEach(() => place.remove());

/** What on_run is given of one run, and the file that one on_down keeps. */
async function oneRun(): Promise<void> {
  place.hook('on_run', 'cp "$(jq -r .results_file "$1")" ../results.ndjson; cp "$1" ../run.json');
  place.hook('on_down', 'jq . "$1" > "../$PUPTIME_SERVICE.json"');
  expect((await place.run(['run'])).code).toBe(0);
  place.record('down');
  place.hook('on_down.d/20-env', 'env >> ../env; echo "what it says"');
}

test('a file that a hook has kept, pretty or not: the same id, one try, not durable, nothing remembered', async () => {
  await oneRun();
  await place.shell('jq -c . a.json > line.json; rm -r state');
  const { code, stdout, stderr } = await place.run(['replay', 'a.json', 'line.json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.split('\n').map((line) => line.replace(/in [\d.]+ m?s$/, 'in T'))).toEqual([
    'down of a: on_down: delivered (exit code 0) in T',
    'down of a: on_down.d/20-env: delivered (exit code 0) in T',
    'down of a: on_down: delivered (exit code 0) in T',
    'down of a: on_down.d/20-env: delivered (exit code 0) in T',
    '',
  ]);
  const { id } = JSON.parse(readFileSync(`${place.dir}/a.json`, 'utf8'));
  expect(place.events().map((event) => [event.id, event.delivery])).toEqual([
    [id, { hook: 'on_down', attempt: 1 }],
    [id, { hook: 'on_down', attempt: 1 }],
  ]);
  expect(place.events().flatMap((event) => strictComplaintsOf[event.schema]?.(event))).toEqual([]);
  expect(readFileSync(`${place.dir}/env`, 'utf8')).toMatch(/^PUPTIME_DURABLE=0$/m);
  expect(existsSync(place.state)).toBe(false);
});

test('the results file of on_run: its events in order, its results passed over', async () => {
  await oneRun();
  const { code, stdout, stderr } = await place.run([
    'replay',
    '--json',
    '--hook',
    'on_down',
    'results.ndjson',
  ]);
  expect([code, stderr]).toEqual([
    0,
    'puptime: results.ndjson: 2 results passed over: hooks run for events\n' +
      ['a', 'b'].map((name) => `puptime: on_first for ${name}: no hook is there for it\n`).join(''),
  ]);
  expect(jsonLines(stdout)).toMatchObject(
    ['a', 'b'].map((service) => ({
      schema: 'puptime.delivery.v1',
      event: 'down',
      service,
      state: 'done',
      hook: `${place.hooks}/on_down`,
      attempts: 1,
    })),
  );
  expect(place.news()).toEqual(['down a', 'down b']);
  const input = readFileSync(`${place.dir}/results.ndjson`, 'utf8');
  expect((await place.run(['replay', '-q', '-'], { input })).code).toBe(0);
  expect(place.news()).toEqual(['down a', 'down b']);
});

test('--dry-run runs nothing', async () => {
  await oneRun();
  const { code, stdout } = await place.run(['replay', 'a.json', '--dry-run']);
  expect([code, stdout]).toEqual([
    0,
    'down of a: would be given to on_down\ndown of a: would be given to on_down.d/20-env\n',
  ]);
  expect(place.news()).toEqual([]);
});

test('exit codes: a hook failed 1, damaged lines 74, refused 77, no file 66, no such hook 64', async () => {
  await oneRun();
  const say = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await place.run(['replay', ...args]);
    return `${String(code)} ${stdout}${stderr}`;
  };
  place.hook('on_down', 'echo broken pager; exit 3');
  expect(await say('a.json')).toMatch(
    /^1 .*on_down: failed \(exit code 3\) in .*\n {2}\| broken pager\n.*delivered/s,
  );
  writeFileSync(`${place.dir}/damaged`, `{"schema":"x"}\n\u001b[2J\n${await kept('b')}\n`);
  const damaged = await say('damaged', '--hook', 'on_down.d/20-env');
  expect(damaged).toMatch(/^74 down of b: on_down\.d\/20-env: delivered/);
  expect(damaged).toMatch(/damaged:1: no event: schema is "x".*damaged:2: no event/s);
  expect(damaged).not.toContain('\u001b');
  await place.shell('chmod o+w hooks/on_down');
  expect(await say('a.json')).toMatch(/^77 .*on_down: refused \(.*writable by everybody.*\n.*delivered/s);
  expect(await say('a.json', 'none.json')).toMatch(/^66 puptime: none.json: there is no such file/);
  expect(await say('hooks')).toMatch(/^66 puptime: hooks: is a directory/);
  expect(await say('a.json', '--hook', 'on_donw')).toMatch(/^64 .*there are .*on_down/);
  expect(await say()).toMatch(/^64 /);
  await place.shell('rm -r hooks/*');
  expect(await say('a.json')).toBe('0 puptime: on_down for a: no hook is there for it\n');
});

async function kept(service: string): Promise<string> {
  return (await place.shell(`jq -c . ${service}.json`)).stdout.trim();
}
