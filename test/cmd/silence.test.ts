import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPlace, jsonLines, type Place } from './program.ts';

let place: Place;
beforeEach(() => {
  place = createPlace('silence');
  place.config({
    services: [
      { name: 'web', target: 'http://127.0.0.1:9/', tags: ['prod'], headers: { X: '${UNDEFINED}' } },
      { name: 'shop', matrix: { region: ['eu', 'us'] }, target: 'http://127.0.0.1:9/', group: 'shops' },
    ],
  });
});
afterEach(() => place.remove());

const puptime = (...args: readonly string[]) => place.run(['silence', ...args]);
const listed = async () => jsonLines((await puptime('--json')).stdout);

describe('puptime silence', () => {
  test('alone says that nothing is silenced, and makes nothing', async () => {
    expect(await puptime()).toEqual({ code: 0, stdout: 'nothing is silenced\n', stderr: '' });
    expect(existsSync(place.state)).toBe(false);
  });

  test('orders, lists and lifts, though a reference of the config is undefined', async () => {
    const ordered = await puptime('shop', '--for', '2h', '--note', 'moving racks');
    expect(ordered).toMatchObject({ code: 0, stderr: '' });
    expect(ordered.stdout).toMatch(
      /^[0-9a-f]{8}: shop \(2 services\) silenced until .* for 2h; .* ends it\n$/,
    );
    const [one] = await listed();
    expect(one).toMatchObject({
      schema: 'puptime.silence.v1',
      select: 'shop',
      note: 'moving racks',
      services: ['shop/eu', 'shop/us'],
    });
    expect(Date.parse(one.until) - Date.parse(one.from)).toBe(7_200_000);
    expect(one.by).not.toBe('');
    const table = await puptime('list');
    expect(table.stdout).toMatch(/^ID +WHAT +UNTIL +LEFT +BY +COVERS +NOTE\n/);
    expect(table.stdout).toMatch(/shop .* 2 services +moving racks\n$/);
    expect((await puptime('lift', one.id)).stdout).toBe(`${String(one.id)}: shop is no longer silenced\n`);
    expect(await listed()).toEqual([]);
  });

  test.each([
    [['web', 'shop/e*'], 'web, shop/e*', ['web', 'shop/eu']],
    [['tag:prod'], 'tag:prod', ['web']],
    [['--group', 'shops'], 'group:shops', ['shop/eu', 'shop/us']],
    [['--group', 'shops', '--only', '*us'], 'group:shops and *us', ['shop/us']],
    [['--all'], 'all services', ['web', 'shop/eu', 'shop/us']],
  ])('%j is for %s', async (words, select, services) => {
    const { stdout } = await puptime(...words, '--for', '10m', '--json');
    expect(jsonLines(stdout)).toEqual([expect.objectContaining({ select, services })]);
  });

  test('is lifted by its own words, and all of them by --all', async () => {
    for (const word of ['web', 'shop', 'tag:prod']) await puptime(word, '--for', '1h');
    expect((await puptime('lift', 'web')).stdout).toMatch(/: web is no longer silenced\n$/);
    expect((await puptime('lift', '--all')).stdout.split('\n')).toHaveLength(3);
    expect((await puptime('lift', '--all')).stdout).toBe('nothing is silenced\n');
  });

  test('what silences a service is named when other words than its own would lift it', async () => {
    const { stdout } = await puptime('--all', '--for', '1h');
    const { code, stderr } = await puptime('lift', 'web');
    expect([code, stderr]).toEqual([
      64,
      `puptime: web: no silence has this id or these words; what silences it is ${stdout.slice(0, 8)} (all services)\n`,
    ]);
  });

  test.each([
    [['wbe', '--for', '1h'], 'wbe: no service matches (did you mean web?)'],
    [['tag:prd', '--for', '1h'], 'tag:prd: no service matches (did you mean prod?)'],
    [['web'], 'saw no end, expected one of --for 2h and --until 18:30'],
    [['--for', '1h'], 'saw nothing to silence'],
    [['web', '--all', '--for', '1h'], 'saw web and --all, expected one of them'],
    [['lift'], 'saw nothing to lift'],
    [['web', '--for', '90d'], 'more than 30 days away'],
  ])('%j is refused', async (words, expected) => {
    const { code, stdout, stderr } = await puptime(...words);
    expect([code, stdout, stderr]).toEqual([64, '', expect.stringContaining(expected)]);
  });

  test('works with a broken config where the state directory is named otherwise', async () => {
    await puptime('web', '--for', '1h');
    writeFileSync(path.join(place.dir, 'puptime.yaml'), 'services: [');
    const { code, stdout, stderr } = await puptime('--json');
    expect([code, jsonLines(stdout).length]).toEqual([0, 1]);
    expect(stderr).toContain('going by what is remembered');
  });
});
