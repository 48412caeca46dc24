import { existsSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Place, createPlace, jsonLines } from './program.ts';
import { type Site, startSite } from './site.ts';

let place: Place;
let site: Site;
beforeEach(async () => {
  place = createPlace('simulate');
  site = await startSite();
});
afterEach(() => {
  site.close();
  place.remove();
});

/** What was announced, in the words of docs/decisions.md. */
const told = (stdout: string) =>
  jsonLines(stdout)
    .map(({ announced }) => announced.map(({ event }: { event: string }) => event).join('+') || '·')
    .join(' ');
const simulated = async (...args: string[]) => {
  const { code, stdout, stderr } = await place.run(['simulate', '--json', ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return told(stdout);
};

describe('a story in letters', () => {
  test.each([
    [['UUDDDUUS'], 'first · down · · up · slow'],
    [['U U D*2 D U U S'], 'first · down · · up · slow'],
    [['UDDDD', '--set', 'down_after=3'], 'first · · down ·'],
    [['UDUDUD', '--set', 'down_after=3/5'], 'first · · · · down'],
    [['U', '(D', 'D)', 'D'], 'first · · down'],
    [['U ? ? D U 1 2 W R'], 'first unknown · down up · change degraded ·'],
    [['UDDDDDDD', '--set', 'remind=3m'], 'first down · · reminder · · reminder'],
    [['UDDD', '--set', 'remind=3m', '--every', '3m'], 'first down reminder reminder'],
    [['UDUDUDUDU', '--set', 'flapping=true'], 'first down up down up down up+flapping · ·'],
    [['USSS', '--set', 'slow_window=3'], 'first slow · ·'],
  ])('%j announces %s', async (args, words) => {
    expect(await simulated(...args)).toBe(words);
  });

  test('has the policy and the hooks of a service, and runs none of them', async () => {
    const down = place.hook('on_down', `touch '${place.dir}/ran'`);
    place.config({
      services: [
        { name: 'web', target: site.url, down_after: 2, interval: '5m', slow: '1s', slow_window: 1 },
        { name: 'DB', target: site.url, hooks: 'none' },
      ],
    });
    const { code, stdout } = await place.run([
      'simulate',
      'web',
      'UDDS',
      '--json',
      '--from',
      '2026-12-01T02:00Z',
    ]);
    expect(code).toBe(0);
    expect(told(stdout)).toBe('first · down up+slow');
    const steps = jsonLines(stdout);
    expect(steps.map(({ time }) => time.slice(11, 16))).toEqual(['02:00', '02:05', '02:10', '02:15']);
    expect(steps[1]).toMatchObject({ service: 'web', letter: 'D', result: 'down', status: 'up', held: null });
    expect(steps[1].counts[0]).toBe('1 of 2 failures in a row');
    expect(steps[2].announced).toEqual([{ event: 'down', summary: expect.any(String), hooks: [down] }]);
    expect(steps[3].announced[0].hooks).toEqual([]);
    // made of letters, but a NAME where the config has it
    expect(await simulated('DB', 'UD')).toBe('first down');
    expect(
      jsonLines((await place.run(['simulate', '--json', 'DB', 'UD'])).stdout)[1].announced[0].hooks,
    ).toEqual([]);
    expect(site.hits).toBe(0);
    expect([existsSync(`${place.dir}/ran`), existsSync(place.state)]).toEqual([false, false]);
  });

  test('maintenance windows hold at the virtual time, and are named', async () => {
    const maintenance = [{ cron: '0 3 * * *', for: '10m', tz: 'UTC', note: 'kernel' }];
    place.config({ services: [{ name: 'web', target: site.url, maintenance }] });
    const args = ['web', 'UDDD', '--every', '10m', '--from', '2026-12-01T02:50:00Z'];
    const { stdout } = await place.run(['simulate', '--json', ...args]);
    expect(told(stdout)).toBe('first · down ·');
    expect(jsonLines(stdout)[1].held).toEqual({ cause: 'maintenance: kernel', events: ['down'] });
    expect((await place.run(['simulate', ...args])).stdout).toContain('held: on_down (maintenance: kernel)');
  });

  test('--expect is a test for a CI: 1 and the difference when it is otherwise', async () => {
    const story = ['simulate', 'UDDDU', '--set', 'down_after=3', '-q'];
    const good = await place.run([...story, '--expect', 'first ·*2 on_down up']);
    expect(good).toEqual({ code: 0, stdout: '', stderr: '' });
    const bad = await place.run([...story, '--expect', 'first · down · up']);
    expect(bad).toEqual({
      code: 1,
      stdout: '',
      stderr: 'puptime: result 3 (D): expected down, saw ·\npuptime: result 4 (D): expected ·, saw down\n',
    });
    const short = await place.run([...story, '--expect', 'first . -']);
    expect([short.code, short.stderr]).toEqual([1, 'puptime: expected words for 3 results, saw 5 results\n']);
    const shown = await place.run(story.slice(0, -1));
    expect(shown.stdout).toContain(`--expect 'first · · down up'`);
  });

  test.each([
    [['UUxD'], 'position 3 of the story: saw "x", expected one of U W S B D'],
    [['uud'], '(did you mean U?)'],
    [['U (D'], 'position 3 of the story: saw a ( without its )'],
    [['U*0'], 'saw *0'],
    [['U*99999'], 'at most 10000'],
    [
      ['UD', '--set', 'down_aftr=3'],
      '--set down_aftr=3: there is no "down_aftr" to set here (did you mean down_after?)',
    ],
    [['UD', '--set', 'slow=800'], '--set slow=800: saw 800, expected a duration'],
    [['UD', '--set', 'down_after'], 'expected a value in one line, as in down_after=3'],
    [['UD', '--expect', 'first dwon'], 'word 2: "dwon": there is no such event (did you mean down?)'],
    [['UD', '--from', 'noon'], '--from noon: is no time'],
    [['UD', '-o', 'tap'], 'expected human, json or ndjson'],
    [['U', 'D', '--results', 'x'], 'saw more than a NAME beside --results'],
  ])('%j is 64: %s', async (args, words) => {
    place.config({ services: [] });
    const { code, stdout, stderr } = await place.run(['simulate', ...args]);
    expect({ code, stdout, stderr }).toEqual({
      code: 64,
      stdout: '',
      stderr: expect.stringContaining(words),
    });
  });

  test('a letter that means nothing here is said', async () => {
    place.config({ services: [{ name: 'web', target: site.url }] });
    const { code, stderr } = await place.run(['simulate', 'web', 'US1']);
    expect([code, stderr]).toEqual([0, expect.stringContaining('web has no slow')]);
    expect(stderr).toContain('web has no watch');
  });
});

describe('recorded results', () => {
  test('of run --json and on_run are decided again, with another policy', async () => {
    place.hook('on_run', `cat "$(jq -r .results_file "$1")" >> '${place.dir}/kept.ndjson'`);
    place.config({
      services: [
        { name: 'web', target: site.url },
        { name: 'other', target: site.url },
      ],
    });
    let recorded = '';
    for (const status of [200, 500, 500, 200]) {
      site.status = status;
      recorded += (await place.run(['run', '--json'])).stdout;
    }
    writeFileSync(`${place.dir}/run.ndjson`, `${recorded}no result\n`);
    const { code, stdout, stderr } = await place.run([
      'simulate',
      'web',
      '--results',
      'run.ndjson',
      '--json',
    ]);
    expect([code, told(stdout)]).toEqual([0, 'first down · up']);
    expect(stderr).toMatch(/^puptime: run\.ndjson:9: .*left out\n$/);
    expect(jsonLines(stdout).map(({ time }) => time)).toEqual(
      jsonLines(recorded)
        .filter(({ service }) => service === 'web')
        .map(({ time }) => time),
    );
    const kept = await place.run([
      'simulate',
      'web',
      '--results',
      'kept.ndjson',
      '--set',
      'down_after=2',
      '--json',
    ]);
    expect({ stderr: kept.stderr, told: told(kept.stdout) }).toEqual({ stderr: '', told: 'first · down up' });
    const piped = await place.run(['simulate'], { input: recorded });
    expect(piped.code).toBe(0);
    expect(piped.stdout.match(/on_down/g)).toHaveLength(2);
    const none = await place.run(['simulate', '--results', 'not-there']);
    expect([none.code, none.stderr]).toEqual([66, expect.stringContaining('there is no such file')]);
    expect((await place.run(['simulate', '-'], { input: '' })).code).toBe(66);
  });

  test('one that others depend on holds them', async () => {
    place.config({
      services: [
        { name: 'web', target: site.url, depends_on: 'gw' },
        { name: 'gw', target: site.url },
      ],
    });
    site.status = 500;
    const { stdout } = await place.run(['run', '--json']);
    const again = await place.run(['simulate', '--json'], { input: stdout });
    const web = jsonLines(again.stdout).find(({ service }) => service === 'web');
    expect(web).toMatchObject({ held: { cause: 'dependency: gw', events: ['down'] }, status: 'down' });
  });
});
