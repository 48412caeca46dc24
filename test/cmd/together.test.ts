import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freePort, until } from '../servers/daemon.ts';
import { type Place, createPlace, jsonLines } from './program.ts';
import { type Site, startSite } from './site.ts';

let place: Place;
let site: Site;
beforeEach(async () => {
  place = createPlace('together');
  site = await startSite();
});
afterEach(() => {
  site.close();
  place.remove();
});

const SILENT = { code: 0, stdout: '', stderr: '' };

describe('two runs at once', () => {
  test('the second exits with 75, silently; --lock-wait waits; -v says why', async () => {
    place.config({ services: [{ name: 'web', target: site.url }] });
    site.delay_ms = 4000;
    const first = place.start(['run']);
    await until('the first run to probe', () => site.hits === 1);
    expect(await place.run(['run'])).toEqual({ code: 75, stdout: '', stderr: '' });
    const told = await place.run(['run', '-v', '--lock-wait', '50ms']);
    expect([told.code, told.stderr]).toEqual([75, expect.stringContaining('--lock-wait')]);
    expect(site.hits).toBe(1);
    site.delay_ms = 0;
    expect(await place.run(['run', '--lock-wait', '15s'])).toEqual(SILENT);
    expect(site.hits).toBe(2);
    expect(await first.ended).toEqual(SILENT);
  });

  test('one that is killed leaves no lock behind, and its events are found', async () => {
    const closed = `tcp://127.0.0.1:${String(await freePort())}`;
    place.record('down');
    place.config({
      services: [
        { name: 'web', target: site.url },
        { name: 'gone', target: closed },
      ],
    });
    site.delay_ms = 8000;
    const first = place.start(['run']);
    await until('the hook to run', () => place.events().length > 0);
    first.child.kill('SIGKILL');
    await first.ended;
    site.delay_ms = 0;
    expect((await place.run(['run'])).code).toBe(0);
    // at least once, and not as another outage
    expect(new Set(place.events().map(({ id }) => id)).size).toBe(1);
  });
});

test('those that make the state directory at the same time do not trip over one another', async () => {
  place.config({ services: [] });
  const ended = await Promise.all(Array.from({ length: 6 }, () => place.run(['deliver'])));
  expect(ended).toEqual(ended.map(() => SILENT));
});

describe('interrupted', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s: probes stop, children end, what is known is kept, exit %i', async (signal, code) => {
    const closed = `tcp://127.0.0.1:${String(await freePort())}`;
    place.hook('on_down', 'touch ../started; sleep 86421');
    place.config({
      services: [
        { name: 'gone', target: closed },
        { name: 'web', target: site.url, timeout: '20s' },
        { name: 'tool', command: ['/bin/sh', '-c', 'sleep 86421; true'], timeout: '20s' },
      ],
    });
    site.delay_ms = 15_000;
    const running = place.start(['run', '--json']);
    await until('hook and probe to run', async () => {
      const { stdout } = await place.shell('ls started; pgrep -fc "[s]leep 86421"');
      return /started/.test(stdout) && site.hits === 1;
    });
    const began = performance.now();
    running.child.kill(signal);
    const ended = await running.ended;
    expect(ended.code).toBe(code);
    expect(performance.now() - began).toBeLessThan(5000);
    expect((await place.shell('pgrep -f "[s]leep 86421"')).stdout).toBe('');
    expect(jsonLines(ended.stdout).map(({ service }) => service)).toEqual(['gone']);
    expect(Object.keys(place.memory())).toEqual(['gone']);
    // the hook was cut short: the next run gives it its event again
    place.record('down');
    site.delay_ms = 0;
    expect((await place.run(['run', 'gone'])).code).toBe(0);
    expect(place.news()).toEqual(['down gone']);
  });

  test('probe ends too', async () => {
    site.delay_ms = 15_000;
    const running = place.start(['probe', site.url]);
    await until('the probe to run', () => site.hits === 1);
    running.child.kill('SIGTERM');
    expect((await running.ended).code).toBe(143);
  });
});

describe('a reader that goes, a disk that is full', () => {
  test('a closed pipe ends quietly, and hooks run all the same', async () => {
    const closed = `tcp://127.0.0.1:${String(await freePort())}`;
    place.record('down');
    const many = Array.from({ length: 40 }, (_, index) => ({ name: `s${String(index)}`, target: closed }));
    place.config({ services: many });
    const { code, stdout, stderr } = await place.shell(
      'set -o pipefail; puptime run --json | head -1; echo ${PIPESTATUS[0]} >&2',
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '0\n' });
    expect(jsonLines(stdout)).toHaveLength(1);
    expect(place.events()).toHaveLength(40);
    const others = ['--help', '--version', 'schema event', 'status', 'probe --json s1 s2', 'validate'];
    for (const command of others) {
      const ended = await place.shell(`puptime ${command} | true; exit \${PIPESTATUS[0]}`);
      expect([command, ended.stderr]).toEqual([command, '']);
      expect([0, 2]).toContain(ended.code);
    }
  });

  test('a full stdout is 74, told in one line, and hooks run all the same', async () => {
    const closed = `tcp://127.0.0.1:${String(await freePort())}`;
    place.record('down');
    place.config({ services: [{ name: 'gone', target: closed }] });
    const { code, stderr } = await place.shell('puptime run --json > /dev/full');
    expect(code).toBe(74);
    expect(stderr).toMatch(/^puptime: cannot write to stdout: .*\n$/);
    expect(place.news()).toEqual(['down gone']);
    for (const command of [
      '--help',
      '--version',
      'schema event',
      'status',
      'probe --json gone',
      'probe gone',
      'validate',
    ]) {
      const ended = await place.shell(`puptime ${command} > /dev/full`);
      expect([command, ended.code, ended.stderr.split('\n').length]).toEqual([command, 74, 2]);
    }
  });

  test('a stderr that takes nothing stops nothing', async () => {
    place.hook('on_first', 'cat "$1" >> ../events.ndjson; exit 1');
    place.config({ services: [{ name: 'web', target: site.url }] });
    expect((await place.shell('puptime run 2> /dev/full')).code).toBe(1);
    expect(place.news()).toEqual(['first web']);
    writeFileSync(`${place.dir}/broken.yaml`, 'services: 7');
    expect((await place.shell('puptime run -c broken.yaml 2> /dev/full')).code).toBe(78);
    expect((await place.shell('puptime run -c broken.yaml 2>&1 | true; exit ${PIPESTATUS[0]}')).code).toBe(
      78,
    );
  });
});
