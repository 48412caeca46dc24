import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { setTimeout as pause } from 'node:timers/promises';
import { MISBEHAVIOURS, type Peer, listen } from '../contract/misbehaving-server.ts';
import { freePort } from '../servers/daemon.ts';
import { type Place, type Running, createPlace, jsonLines } from './program.ts';

let place: Place;
let peer: Peer | null = null;
/** resolves when the program has connected as often as was asked for */
let connected: Promise<void>;
beforeEach(() => {
  place = createPlace('overload');
  place.record('down', 'slow', 'unknown', 'first');
});
afterEach(async () => {
  await peer?.close();
  place.remove();
});

/** A server that greets after so long, null: never; the first connections that are waited for, or all that come later. */
async function serve(delay_ms: number | null, connections: number, later_ms = delay_ms): Promise<string> {
  let tell: () => void = () => undefined;
  connected = new Promise((resolve) => (tell = resolve));
  peer = await listen((socket) => {
    MISBEHAVIOURS.silent(socket);
    const greets_ms = connections > 0 ? delay_ms : later_ms;
    if (greets_ms !== null) void pause(greets_ms).then(() => socket.end('ready\n'));
    connections -= 1;
    if (connections === 0) tell();
  });
  return `tcp://127.0.0.1:${String(peer.port)}`;
}

/** The whole process stands still, as where the host has no time for it. */
async function starve({ child }: Running, ms: number): Promise<void> {
  await connected;
  child.kill('SIGSTOP');
  await pause(ms);
  child.kill('SIGCONT');
}

async function results(running: Running) {
  const { code, stdout, stderr } = await running.ended;
  const lines = jsonLines(stdout);
  const said = lines.map(({ service, status, reason }) => `${service} ${status} ${reason?.code ?? '-'}`);
  return { code, stderr, lines, said: said.sort() };
}

describe('a host that has no time for puptime', () => {
  test('no answer in time is unknown, not down, and the run says so in one line', async () => {
    const target = await serve(null, 2);
    const refusing = `tcp://127.0.0.1:${String(await freePort())}`;
    const silent = { target, expect: { banner: 'ready' }, timeout: '1s' };
    place.config({
      services: [
        { name: 'a', ...silent },
        { name: 'b', ...silent },
        { name: 'refusing', target: refusing },
      ],
    });
    const running = place.start(['run', '--json']);
    await starve(running, 2000);
    const { code, stderr, lines, said } = await results(running);
    expect([code, said]).toEqual([
      0,
      ['a unknown resources', 'b unknown resources', 'refusing down refused'],
    ]);
    const { reason, reasons } = lines.find(({ service }) => service === 'a');
    expect(reason.text).toMatch(/overloaded: puptime stood still for .* did not answer within 1 s/);
    expect(reasons.map(({ code: each }: { readonly code: string }) => each)).toEqual([
      'resources',
      'timeout',
    ]);
    expect(stderr).toMatch(/^puptime: this host is overloaded: .*, so 2 results are unknown: .*\n$/);
    expect(place.news().toSorted()).toEqual(['down refusing', 'first refusing', 'unknown a', 'unknown b']);
  });

  test('a late answer is unknown where it is slow only by that, and up where nobody asked how long it takes', async () => {
    const target = await serve(300, 2);
    const greeting = { target, expect: { banner: 'ready' }, timeout: '60s' };
    place.config({
      services: [
        { name: 'limited', ...greeting, slow: { total: '1s' } },
        { name: 'plain', ...greeting, slow: 'none' },
      ],
    });
    const running = place.start(['run', '--json']);
    await starve(running, 1500);
    expect((await results(running)).said).toEqual(['limited unknown resources', 'plain up -']);
    expect(place.news().toSorted()).toEqual(['first plain', 'unknown limited']);
  });

  test('what was spoilt is tried again where there are retries, and the last attempt counts', async () => {
    const target = await serve(null, 1, 0);
    place.config({
      services: [{ name: 'a', target, expect: { banner: 'ready' }, timeout: '1s', retries: 1 }],
    });
    const running = place.start(['run', '--json']);
    await starve(running, 2000);
    const { said, lines, stderr } = await results(running);
    expect([said, stderr]).toEqual([['a up -'], '']);
    const statuses = lines[0].attempts.map(({ status }: { readonly status: string }) => status);
    expect(statuses).toEqual(['unknown', 'up']);
  });
});

describe('a process that has no descriptors left', () => {
  test('what cannot be started or connected is unknown, and the rest is probed', async () => {
    const target = await serve(300, 1);
    const greeted = { target, expect: { banner: 'ready' } };
    place.config({
      services: [
        ...Array.from({ length: 40 }, (_, i) => ({ name: `tcp-${String(i)}`, ...greeted })),
        ...Array.from({ length: 4 }, (_, i) => ({ name: `command-${String(i)}`, command: ['sleep', '0.3'] })),
      ],
    });
    const ended = await place.shell('ulimit -n 40; exec puptime probe --json --concurrency 100');
    expect([ended.code, ended.stderr]).toEqual([3, '']);
    const found = jsonLines(ended.stdout).map(({ status, reason }) => `${status} ${reason?.code ?? '-'}`);
    expect(found).toHaveLength(44);
    expect([...new Set(found)].toSorted()).toEqual(['unknown resources', 'up -']);
  });
});
