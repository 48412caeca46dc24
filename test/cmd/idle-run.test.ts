import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Place, createPlace, jsonLines } from './program.ts';
import { type Site, startSite } from './site.ts';

let place: Place;
let site: Site;
beforeEach(async () => {
  place = createPlace('idle');
  site = await startSite();
});
afterEach(() => {
  site.close();
  place.remove();
});

const SILENT = { code: 0, stdout: '', stderr: '' };

/** When the last run that came to its end began. */
function lastRun(): string {
  return JSON.parse(readFileSync(path.join(place.state, 'run.json'), 'utf8')).started;
}

/** A run that probes for two seconds and holds the lock meanwhile. */
async function startLongRun() {
  const running = place.start(['run', '--all', '--json', 'slow', 'web']);
  while (!running.stdout().includes('"web"')) await new Promise((resolve) => setTimeout(resolve, 20));
  return running;
}

describe('a run that finds nothing due', () => {
  beforeEach(() => {
    site.delay_ms = 0;
    place.config({
      services: [
        { name: 'slow', command: ['/bin/sleep', '2'], interval: '1h' },
        { name: 'web', target: site.url, interval: '1h' },
      ],
    });
  });

  test('needs no lock, and is noted as a run', async () => {
    expect(await place.run(['run'])).toEqual(SILENT);
    const first = lastRun();
    const long = await startLongRun();
    expect(await place.run(['run'])).toEqual(SILENT);
    expect(lastRun() > first).toBe(true);
    expect((await place.run(['run', '--all'])).code).toBe(75);
    expect((await long.ended).code).toBe(0);
  });

  test('looks again once it has waited for the lock: what another run has probed meanwhile is not probed twice', async () => {
    const long = place.start(['run', '--json']);
    while (!long.stdout().includes('"web"')) await new Promise((resolve) => setTimeout(resolve, 20));
    const waiting = place.run(['run', '--json', '--lock-wait', '20s']);
    expect(jsonLines((await long.ended).stdout)).toHaveLength(2);
    expect(await waiting).toEqual(SILENT);
  });
});
