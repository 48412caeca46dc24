import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeWith, temporaryDirectory } from '../servers/daemon.ts';
import { EXAMPLES, hostileEvent, realEvent, runExample } from './run-example.ts';

let place: ReturnType<typeof temporaryDirectory>;
beforeEach(() => {
  place = temporaryDirectory('storing');
});
afterEach(() => place.remove());

const done = { exitCode: 0, output: '' };

describeWith(['jq', 'flock'], 'on_result', () => {
  const log = () => path.join(place.path, 'results.log');
  const lines = () => readFileSync(log(), 'utf8').split('\n').slice(0, -1);

  test('appends a line of five columns, empty where there is no duration', async () => {
    const event = realEvent('result');
    await runExample('on_result', event, { RESULT_LOG: log() });
    await runExample('on_result', { ...event, duration_ms: null }, { RESULT_LOG: log() });
    expect(lines()).toEqual([
      `${event.time}\tcache\tup\t2.3\t${event.summary}`,
      `${event.time}\tcache\tup\t\t${event.summary}`,
    ]);
  });

  test('goes to the home directory when nothing is said', async () => {
    await runExample('on_result', realEvent('result'), { HOME: place.path });
    expect(existsSync(path.join(place.path, 'puptime-results.log'))).toBe(true);
  });

  test('many at once: one whole line each', async () => {
    const runs = Array.from({ length: 8 }, (_, index) =>
      runExample('on_result', realEvent('result', { service: `s${index}` }), { RESULT_LOG: log() }),
    );
    expect(await Promise.all(runs)).toEqual(runs.map(() => done));
    const services = lines().map((line) => line.split('\t')[1]);
    expect(services.sort()).toEqual(Array.from({ length: 8 }, (_, index) => `s${index}`));
  });

  test('hostile texts stay one line', async () => {
    await runExample('on_result', hostileEvent('result'), { RESULT_LOG: log() });
    expect(lines()).toHaveLength(1);
    expect(lines()[0]?.split('\t')).toHaveLength(5);
    expect(existsSync(path.join(EXAMPLES, 'pwned'))).toBe(false);
  });

  test('a log that cannot be written is a failure', async () => {
    const { exitCode } = await runExample('on_result', realEvent('result'), { RESULT_LOG: place.path });
    expect(exitCode).not.toBe(0);
  });
});

describeWith(['python3'], 'sqlite', () => {
  const database = () => path.join(place.path, 'puptime.db');
  const rows = (): unknown[] => {
    const program = `import json, sqlite3, sys
print(json.dumps(sqlite3.connect(sys.argv[1]).execute('SELECT * FROM result ORDER BY id').fetchall()))`;
    return JSON.parse(execFileSync('python3', ['-c', program, database()], { encoding: 'utf8' }));
  };

  test('keeps each result once, however often it comes', async () => {
    const first = realEvent('result');
    const second = { ...hostileEvent('result'), id: `6${first.id.slice(1)}` };
    for (const event of [first, first, second]) {
      expect(await runExample('more/sqlite', event, { RESULT_DB: database() })).toEqual(done);
    }
    const row = (event: typeof first) => [
      ...[event.id, event.time, event.service, event.status, event.duration_ms, event.summary],
      expect.toSatisfy((facts: string) => {
        expect(JSON.parse(facts)).toEqual(event.facts);
        return true;
      }),
    ];
    expect(rows()).toEqual([row(first), row(second)]);
  });

  test('a database that cannot be opened is a failure that names it', async () => {
    const { exitCode, output } = await runExample('more/sqlite', realEvent('result'), {
      RESULT_DB: place.path,
    });
    expect(exitCode).toBe(1);
    expect(output).toContain(place.path);
  });
});
