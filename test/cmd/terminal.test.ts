import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { describeWith, freePort } from '../servers/daemon.ts';
import { type Place, createPlace } from './program.ts';
import { type Site, startSite } from './site.ts';

let place: Place;
let site: Site;
beforeEach(async () => {
  place = createPlace('terminal');
  site = await startSite();
  const closed = `tcp://127.0.0.1:${String(await freePort())}`;
  place.config({
    services: [
      { name: 'aaa-web', target: site.url },
      { name: 'bbb-worried', target: site.url, prefer: { body: 'splendid' } },
      { name: 'ccc-gone', target: closed },
      { name: 'ddd-grey', command: ['/no/such/tool'] },
    ],
  });
});
afterEach(() => {
  site.close();
  place.remove();
});

const ESC = String.fromCharCode(27);

/** What a person sees who types this. */
async function onTerminal(command: string, env: { readonly [name: string]: string } = {}): Promise<string> {
  const { stdout } = await place.shell(`script -qec '${command}' /dev/null < /dev/null`, {
    env: { TERM: 'xterm', ...env },
  });
  return stdout.replaceAll('\r\n', '\n');
}

describeWith(['script'], 'on a terminal', () => {
  test('run shows progress, then a table, bad ones first, in colour', async () => {
    const seen = await onTerminal('puptime run');
    expect(seen).toContain(`\r${ESC}[2K`);
    expect(seen).toMatch(/0\/4/);
    const table = seen.slice(seen.lastIndexOf('\r') + 1);
    const order = ['ccc-gone', 'ddd-grey', 'bbb-worried', 'aaa-web'].map((name) => table.lastIndexOf(name));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order.every((index) => index >= 0)).toBe(true);
    expect(table).toMatch(new RegExp(`${ESC}\\[[0-9;]*31`));
  });

  test.each([
    ['NO_COLOR', 'puptime run', { NO_COLOR: '1' }],
    ['--no-color', 'puptime run --no-color', {}],
  ])('%s takes the colours away', async (_, command, env) => {
    const seen = await onTerminal(command, env);
    expect(seen).toContain('ccc-gone');
    expect(seen).not.toMatch(new RegExp(`${ESC}\\[[0-9;]*m`));
  });

  test('-q says nothing; --json is JSON without progress in between', async () => {
    expect(await onTerminal('puptime run -q')).toBe('');
    const lines = (await onTerminal('puptime run --json --all')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).service)).toHaveLength(4);
  });

  test('status is a table in colour', async () => {
    await place.run(['run']);
    const seen = await onTerminal('puptime status');
    expect(seen.indexOf('ccc-gone')).toBeLessThan(seen.indexOf('aaa-web'));
    expect(seen).toContain(`${ESC}[`);
    expect(await onTerminal('puptime status', { NO_COLOR: '1' })).not.toContain(`${ESC}[`);
  });

  test('a pipe gets the table without colour', async () => {
    const { stdout } = await place.run(['probe']);
    expect(stdout.split('\n')).toHaveLength(5);
    expect(stdout).not.toContain(ESC);
  });
});

describe('a server’s escape sequences', () => {
  test('do not reach the terminal', async () => {
    site.status = 500;
    site.body = `${ESC}[2Jboo\u0007\u009b31m`;
    for (const format of ['human', 'ndjson', 'nagios', 'tap', 'junit', 'prometheus']) {
      const { stdout } = await place.run(['probe', '-o', format, '-c', 'puptime.yaml', 'aaa-web']);
      expect([format, hasControls(stdout)]).toEqual([format, false]);
    }
  });
});

function hasControls(text: string): boolean {
  return Array.from(text).some(
    (letter) => letter !== '\n' && (letter < ' ' || (letter >= '\u007f' && letter <= '\u009f')),
  );
}
