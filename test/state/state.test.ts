import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { spawn } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { setAside } from '../../lib/state/corrupt.ts';
import {
  pruneDeadLetters,
  readDeadLetters,
  removeDeadLetter,
  saveDeadLetter,
  type DeadLetter,
} from '../../lib/state/dead-letters.ts';
import { createGroup, replaceFile } from '../../lib/state/durable-file.ts';
import { openJournal, readJournal } from '../../lib/state/journal.ts';
import { tryLock, waitForLock } from '../../lib/state/lock.ts';
import { forgetGone } from '../../lib/state/forgetting.ts';
import { loadMemory, saveMemory, stampOf } from '../../lib/state/memory.ts';
import {
  commitTransitions,
  isQueued,
  listQueue,
  readQueue,
  setDamagedAside,
  storeReceived,
} from '../../lib/state/queue.ts';
import type { QueueEntry } from '../../lib/state/queue-entry.ts';
import { loadRun, saveRun } from '../../lib/state/run-file.ts';
import { findState } from '../../lib/state/state-directory.ts';
import type { Event } from '../../lib/words/event.ts';
import { UserError } from '../../lib/words/problem.ts';
import type { ServiceRecord } from '../../lib/words/record.ts';
import { draft, makePlace, openTestState, record, type Place } from '../deliver/fixture.ts';

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(() => place.remove());

const PATH = process.env.PATH;
const isRoot = process.getuid?.() === 0;
const EVENT: Event = { ...draft('down', 'cache'), id: 'a'.repeat(32), incident: null };

function failure(action: () => unknown): [number, string] {
  try {
    action();
  } catch (error) {
    if (error instanceof UserError) return [error.exitCode, error.message.replaceAll(place.dir, '')];
    throw error;
  }
  throw new Error('it was not refused');
}

describe('the state directory', () => {
  test('is made with mode 0700, a format and a salt that stays', () => {
    const state = openTestState(place);
    expect(statSync(state.dir).mode & 0o777).toBe(0o700);
    expect(statSync(`${state.dir}/FORMAT`).mode & 0o777).toBe(0o600);
    expect(readFileSync(`${state.dir}/FORMAT`, 'utf8')).toBe(`puptime-state 1 ${state.salt}\n`);
    expect(openTestState(place).salt).toBe(state.salt);
    expect(openTestState(place, `${place.dir}/other`).salt).not.toBe(state.salt);
  });

  test('is not made by those who only look', () => {
    const world = {
      env: { TMPDIR: place.dir, XDG_RUNTIME_DIR: place.dir },
      uid: process.getuid?.() ?? 0,
      randomBytes: () => new Uint8Array(16),
      report: () => undefined,
    };
    expect(findState(`${place.dir}/state`, world)).toBeNull();
    expect(existsSync(`${place.dir}/state`)).toBe(false);
    openTestState(place);
    expect(findState(`${place.dir}/state`, world)?.dir).toBe(`${place.dir}/state`);
  });

  test('whose making was cut short is made whole', () => {
    mkdirSync(`${place.dir}/state/queue`, { recursive: true, mode: 0o700 });
    writeFileSync(`${place.dir}/state/FORMAT.abc.tmp`, 'pup');
    chmodSync(`${place.dir}/state`, 0o700);
    expect(openTestState(place).missing).toBeNull();
  });

  const refusals: readonly [
    what: string,
    prepare: (dir: string) => void,
    code: number,
    message: string | RegExp,
  ][] = [
    [
      'a directory with other things in it',
      (dir) => {
        mkdirSync(dir, { mode: 0o700 });
        writeFileSync(`${dir}/passwd`, '');
      },
      74,
      'state /state: is not a state directory of puptime: it has no file FORMAT, but other things in it ("passwd"): give an empty or a new directory with --state',
    ],
    [
      'a newer format',
      (dir) => {
        mkdirSync(dir, { mode: 0o700 });
        writeFileSync(`${dir}/FORMAT`, 'puptime-state 2 whatever\n');
      },
      78,
      'state /state: has format 2, this puptime knows up to 1: use the newer puptime, or another --state',
    ],
    [
      'a damaged format',
      (dir) => {
        mkdirSync(dir, { mode: 0o700 });
        writeFileSync(`${dir}/FORMAT`, 'puptime-st\0');
      },
      74,
      'state /state: its file FORMAT is damaged, expected "puptime-state 1 …": put it back from a backup, or move the directory away to begin anew',
    ],
    [
      'a directory that others may write in',
      (dir) => {
        mkdirSync(dir);
        chmodSync(dir, 0o777);
      },
      77,
      'state /state: others may write in it (mode 0777): chmod 0700 /state',
    ],
    [
      'a file',
      (dir) => writeFileSync(dir, ''),
      74,
      /^state \/state: it, or something above it, is not a directory/,
    ],
    ['a dangling link', (dir) => symlinkSync('/nonexistent/x', dir), 74, /^state \/state: /],
  ];
  test.each(refusals)('refuses %s, changing nothing', (_what, prepare, code, message) => {
    const dir = `${place.dir}/state`;
    prepare(dir);
    const before = existsSync(dir) && statSync(dir).isDirectory() ? readdirSync(dir) : null;
    const [seenCode, seenMessage] = failure(() => openTestState(place));
    expect(seenCode).toBe(code);
    if (typeof message === 'string') expect(seenMessage).toBe(message);
    else expect(seenMessage).toMatch(message);
    if (before !== null) expect(readdirSync(dir)).toEqual(before);
  });

  test.skipIf(!isRoot)('refuses one that belongs to another user', () => {
    mkdirSync(`${place.dir}/state`, { mode: 0o700 });
    chownSync(`${place.dir}/state`, 65534, 65534);
    expect(failure(() => openTestState(place))).toEqual([
      77,
      'state /state: belongs to user 65534, but this is user 0: run as that user, or give another one with --state',
    ]);
  });
});

describe('locks', () => {
  test('are held by one process at a time, and the two do not disturb each other', () => {
    const state = openTestState(place);
    const probe = tryLock(state, { kind: 'probe', path: PATH });
    expect(probe).not.toBeNull();
    expect(tryLock(state, { kind: 'probe', path: PATH })).toBeNull();
    const delivery = tryLock(state, { kind: 'delivery', path: PATH });
    expect(delivery).not.toBeNull();
    probe?.release();
    const again = tryLock(state, { kind: 'probe', path: PATH });
    expect(again).not.toBeNull();
    again?.release();
    delivery?.release();
  });

  test('can be waited for, and are free once their holder is killed', async () => {
    const state = openTestState(place);
    const holder = spawn('flock', [state.dir, 'sh', '-c', 'echo held; exec sleep 30'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    const request = { kind: 'probe', path: PATH } as const;
    const began = performance.now();
    expect(await waitForLock(state, { ...request, wait_ms: 120 })).toBeNull();
    expect(performance.now() - began).toBeGreaterThan(100);
    setTimeout(() => process.kill(-(holder.pid ?? 0), 'SIGKILL'), 50);
    const lock = await waitForLock(state, { ...request, wait_ms: 5000 });
    expect(lock).not.toBeNull();
    lock?.release();
  });

  test('without flock(1): exit code 69', () => {
    const state = openTestState(place);
    expect(failure(() => tryLock(state, { kind: 'probe', path: '/nonexistent' }))).toEqual([
      69,
      'the program flock is not there, and puptime locks with it: install util-linux',
    ]);
  });
});

describe('memory', () => {
  const none = { entries: [], damaged: [] };

  test('comes back as it was written', () => {
    const state = openTestState(place);
    const records = [record('a'), { ...record('shop/eu', 'down'), seq: 3, id: 'x' }];
    saveMemory(state, records, []);
    expect([...loadMemory(state, none).records.values()]).toEqual(records);
    expect(statSync(`${state.dir}/memory.ndjson`).mode & 0o777).toBe(0o600);
  });

  test('a damaged line is set aside: its service starts anew with fresh ids, the others are unharmed', () => {
    const state = openTestState(place);
    const id = 'b'.repeat(32);
    saveMemory(state, [record('a'), { ...record('cache', 'down'), seq: 7, id }, record('z')], []);
    const path = `${state.dir}/memory.ndjson`;
    const lines = readFileSync(path, 'utf8').split('\n');
    lines[1] = lines[1]!.slice(0, 200);
    writeFileSync(path, lines.join('\n'));
    const memory = loadMemory(state, none);
    expect([...memory.records.keys()]).toEqual(['a', 'z']);
    expect(memory.lost).toMatchObject([{ service: 'cache', seq: 7, down: true }]);
    expect(stampOf(memory, 'cache')).toMatchObject({ seq: 7 });
    expect(stampOf(memory, 'cache').id).not.toBe(id);
    expect(stampOf(loadMemory(state, none), 'cache')).toEqual(stampOf(memory, 'cache'));
    expect(readdirSync(`${state.dir}/corrupt`)).toHaveLength(1);
    expect(readFileSync(`${state.dir}/corrupt/${readdirSync(`${state.dir}/corrupt`)[0]}`, 'utf8')).toBe(
      lines[1],
    );
    expect(place.reports[0]).toContain('memory.ndjson:2 is damaged: "cache" starts anew; set aside as');
    // What is lost stays known until the service has a new record.
    saveMemory(state, memory.records.values(), memory.lost);
    place.reports.length = 0;
    const later = loadMemory(state, none);
    expect(later.lost).toEqual(memory.lost);
    expect(place.reports).toEqual([]);
    saveMemory(state, [...later.records.values(), { ...record('cache'), seq: 8, id: 'n' }], later.lost);
    expect(loadMemory(state, none).lost).toEqual([]);
  });

  test('forgets services that left the config long ago, but gives no id a second time', () => {
    const gone = { gone: '2026-01-01T00:00:00.000Z', seq: 4, id: 'i'.repeat(32) };
    const records = new Map([record('a'), { ...record('old'), ...gone }].map((one) => [one.service, one]));
    const memory = { records, lost: [] };
    const day = 86_400_000;
    expect(forgetGone(memory, Date.parse(gone.gone) + 30 * day, 'salt')).toBe(memory);
    const later = forgetGone(memory, Date.parse(gone.gone) + 31 * day, 'salt');
    expect([...later.records.keys()]).toEqual(['a']);
    const { seq, id } = stampOf(later, 'old');
    expect([seq, id]).toEqual([0, expect.stringMatching(/^[0-9a-f]{32}$/)]);
    const other = new Map([['b', { ...record('b'), ...gone, seq: 9 }]]);
    const last = forgetGone({ ...later, records: other }, Date.parse(gone.gone) + 31 * day, 'salt');
    expect(last.lost).toHaveLength(1);
    expect(stampOf(last, 'old').id).not.toBe(id);
  });

  test.each([
    '',
    '{',
    '\0\0\0\0',
    '[]',
    'null',
    '{"service":"a"}',
    'x'.repeat(100_000),
    '{"service":1,"seq":{}}',
  ])('damage of every kind (%#) harms nobody else', (damage) => {
    const state = openTestState(place);
    saveMemory(state, [record('a'), record('z')], []);
    const path = `${state.dir}/memory.ndjson`;
    const [first, last] = readFileSync(path, 'utf8').split('\n');
    writeFileSync(path, `${first}\n${damage}\n${last}\n`);
    expect([...loadMemory(state, none).records.keys()]).toEqual(['a', 'z']);
    expect(readdirSync(`${state.dir}/corrupt`)).toHaveLength(damage === '' ? 0 : 1);
  });

  test('a nameless damaged line gives no service an id that was given before', () => {
    const state = openTestState(place);
    writeFileSync(`${state.dir}/memory.ndjson`, 'garbage\n');
    expect(stampOf(loadMemory(state, none), 'new').id).toMatch(/^[0-9a-f]{32}$/);
    rmSync(`${state.dir}/memory.ndjson`);
    expect(stampOf(loadMemory(state, none), 'new')).toEqual({ seq: 0, id: null });
  });

  test('10,000 records without a transition touch nothing but memory.ndjson, and cost little more than the bytes themselves', () => {
    const state = openTestState(place);
    const records = Array.from({ length: 10_000 }, (_, index) => record(`service-${index}`));
    saveMemory(state, records, []);
    const before = listing(state.dir);
    const cost = cpuOf(() => {
      const memory = loadMemory(state, readQueue(state));
      expect(memory.records.size).toBe(10_000);
      saveMemory(state, memory.records.values(), memory.lost);
    });
    const plain = cpuOf(() => {
      const lines = readFileSync(`${state.dir}/memory.ndjson`, 'utf8').trimEnd().split('\n');
      const values = lines.map((line) => JSON.parse(line) as unknown);
      writeFileSync(`${place.dir}/plain`, values.map((value) => `${JSON.stringify(value)}\n`).join(''));
    });
    expect(cost / plain).toBeLessThan(2.5);
    expect(listing(state.dir)).toEqual(before);
  }, 60_000);
});

/** ms of CPU, user and system; the better of two. */
function cpuOf(work: () => void): number {
  const costs = Array.from({ length: 2 }, () => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return Math.min(...costs);
}

function listing(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .map((name) => `${name} ${name === 'memory.ndjson' ? '' : statSync(`${dir}/${name}`).mtimeMs}`)
    .sort();
}

function entry(service: string, seq: number, changes: Partial<ServiceRecord> = {}): QueueEntry {
  const event = { ...EVENT, service, id: `${service}-${seq}-event` };
  const hooks = { [event.id]: [{ path: '/x/on_down', lane: '' }] };
  return {
    sid: service,
    seq,
    record: { ...record(service), ...changes, seq, id: 'i' },
    events: [event],
    hooks,
    committed: 1,
    durable: true,
  };
}

describe('the queue', () => {
  test('gives back what was committed, by service and number', () => {
    const state = openTestState(place);
    const entries = [entry('b', 10), entry('b', 9), entry('a', 1)];
    expect(commitTransitions(state, entries, { first: true })).toEqual(
      entries.map((entry) => ({ entry, error: null })),
    );
    expect(readQueue(state).entries).toEqual([entries[2], entries[1], entries[0]]);
    expect(listQueue(state)).toEqual(['a~1.json', 'b~9.json', 'b~10.json']);
  });

  test('holds the newer truth where its seq is higher', () => {
    const state = openTestState(place);
    saveMemory(
      state,
      [
        { ...record('a'), seq: 1, id: 'one' },
        { ...record('b'), seq: 5, id: 'five' },
      ],
      [],
    );
    commitTransitions(
      state,
      [
        entry('a', 2, { status: 'down' }),
        entry('b', 4, { status: 'down' }),
        entry('c', 1, { status: 'down' }),
      ],
      { first: true },
    );
    const { records } = loadMemory(state, readQueue(state));
    expect([...records.values()].map(({ service, seq, status }) => [service, seq, status])).toEqual([
      ['a', 2, 'down'],
      ['b', 5, 'up'],
      ['c', 1, 'down'],
    ]);
  });

  test('passes over unfinished and foreign files, and sets a damaged one aside without reusing its number', () => {
    const state = openTestState(place);
    commitTransitions(state, [entry('a', 3), entry('b', 1)], { first: true });
    writeFileSync(`${state.dir}/queue/a~3.json`, '{"seq":3,"rec');
    writeFileSync(`${state.dir}/queue/.b~2.json.tmp`, '{');
    writeFileSync(`${state.dir}/queue/README`, 'hello');
    const queue = readQueue(state);
    expect(queue.entries.map(({ sid }) => sid)).toEqual(['b']);
    expect(readQueue(state)).toEqual(queue);
    expect(place.reports).toEqual([expect.stringContaining('queue/a~3.json is damaged')]);
    expect(stampOf(loadMemory(state, queue), 'a')).toMatchObject({ seq: 3 });
    setDamagedAside(state, queue.damaged);
    expect(readdirSync(`${state.dir}/corrupt`)).toEqual(['a~3.json']);
    expect(readQueue(state).damaged).toEqual([]);
  });

  test('takes events from elsewhere behind one another, without a lock', () => {
    const state = openTestState(place);
    storeReceived(state, EVENT, 1, 'one');
    storeReceived(state, { ...EVENT, id: 'c'.repeat(32) }, 2, 'two');
    expect(listQueue(state)).toEqual(['cache~r1.json', 'cache~r2.json']);
    expect(readQueue(state).entries.map(({ events }) => events[0]?.id[0])).toEqual(['a', 'c']);
    expect(isQueued(state, 'cache', EVENT.id)).toBe(true);
    expect(isQueued(state, 'other', EVENT.id)).toBe(false);
    expect(loadMemory(state, readQueue(state)).records.size).toBe(0);
  });

  test('a file that cannot be written fails alone', () => {
    const directory = `${place.dir}/group`;
    mkdirSync(directory);
    mkdirSync(`${directory}/.b.tmp`);
    const failed = createGroup(directory, [
      { name: 'a', data: '1' },
      { name: 'b', data: '2' },
      { name: 'c', data: '3' },
    ]);
    expect([...failed.keys()]).toEqual(['b']);
    expect(readdirSync(directory).sort()).toEqual(['.b.tmp', 'a', 'c']);
  });
});

describe('the journal', () => {
  const started = { k: 'started', id: 'e1', hook: '/h', n: 1, t: 1, pid: 1, start: '1', boot: 'b' } as const;

  test('keeps the newest line of each delivery', () => {
    const state = openTestState(place);
    const journal = openJournal(state, new Set(['e1']));
    journal.note(started);
    journal.note({ k: 'failed', id: 'e1', hook: '/h', n: 1, t: 2, next: 9, why: 'exit code 1', output: '' });
    journal.note({ k: 'done', id: 'e1', hook: '/i', n: 1, t: 3, output: '' });
    expect(readJournal(state).size).toBe(0);
    expect(journal.flush()).toBeNull();
    journal.close();
    const hooks = readJournal(state).get('e1')?.hooks;
    expect([...(hooks?.values() ?? [])].map(({ k }) => k)).toEqual(['failed', 'done']);
  });

  test('a line that was cut off by a crash is taken off, and the next one is whole', () => {
    const state = openTestState(place);
    const path = `${state.dir}/deliveries.ndjson`;
    writeFileSync(
      path,
      `${JSON.stringify(started)}\n{"k":"done","id":"e1","hook":"/h","n":1,"t":${'1'.repeat(300)}`,
    );
    const journal = openJournal(state, new Set());
    journal.note({ k: 'done', id: 'e2', hook: '/h', n: 1, t: 2, output: '' });
    journal.flush();
    journal.close();
    expect(readFileSync(path, 'utf8')).toBe(
      `${JSON.stringify(started)}\n{"k":"done","id":"e2","hook":"/h","n":1,"t":2,"output":""}\n`,
    );
  });

  test('damage in the middle is passed over with a report', () => {
    const state = openTestState(place);
    writeFileSync(`${state.dir}/deliveries.ndjson`, `garbage\n${JSON.stringify(started)}\n`);
    const journal = openJournal(state, new Set());
    expect(journal.progress('e1')?.hooks.size).toBe(1);
    expect(place.reports).toEqual([expect.stringContaining('deliveries.ndjson:1 is damaged')]);
    journal.close();
  });

  test('is written small when it has grown large; what is pending stays', () => {
    const state = openTestState(place);
    const lines = Array.from({ length: 12_000 }, (_, index) => ({
      k: 'done',
      id: `d${index}`,
      hook: '/h',
      n: 1,
      t: index,
      output: 'x'.repeat(100),
    }));
    const path = `${state.dir}/deliveries.ndjson`;
    writeFileSync(path, [started, ...lines].map((line) => `${JSON.stringify(line)}\n`).join(''));
    const size = statSync(path).size;
    const journal = openJournal(state, new Set(['e1']));
    journal.note({ k: 'done', id: 'new', hook: '/h', n: 1, t: 99_999, output: '' });
    expect(journal.flush()).toBeNull();
    journal.note({ k: 'done', id: 'newer', hook: '/h', n: 1, t: 99_999, output: '' });
    expect(journal.flush()).toBeNull();
    journal.close();
    expect(statSync(path).size).toBeLessThan(size / 4);
    const progress = readJournal(state);
    for (const id of ['e1', 'new', 'newer', 'd11999']) expect(progress.has(id), id).toBe(true);
    expect(progress.has('d1')).toBe(false);
  });
});

describe('the rest', () => {
  const letter: DeadLetter = {
    event: EVENT,
    hook: { path: '/h', lane: '' },
    attempts: 3,
    reason: 'exit code 1',
    output: '',
    died: 5,
    told: false,
  };

  test('dead letters are kept once for each (event, hook), and pruned by age', () => {
    const state = openTestState(place);
    saveDeadLetter(state, letter);
    saveDeadLetter(state, { ...letter, told: true });
    saveDeadLetter(state, { ...letter, hook: { path: '/i', lane: '' }, died: 9_000_000_000 });
    expect(readDeadLetters(state).map(({ told }) => told)).toEqual([true, false]);
    expect(pruneDeadLetters(state, readDeadLetters(state), 9_000_000_001)).toHaveLength(1);
    expect(place.reports[0]).toContain('1 dead events removed');
    const [left] = readDeadLetters(state);
    expect(left !== undefined && removeDeadLetter(state, left)).toBe(true);
    expect(readDeadLetters(state)).toEqual([]);
  });

  test('at most 100 damaged pieces are kept', () => {
    const state = openTestState(place);
    for (let index = 0; index < 103; index += 1) setAside(state, 'piece', `content ${index}`);
    expect(readdirSync(`${state.dir}/corrupt`)).toHaveLength(100);
  });

  test('the last run is remembered; a damaged file is as none', () => {
    const state = openTestState(place);
    expect(loadRun(state)).toBeNull();
    const run = { id: 'r', started: 's', ended: 'e', exit_code: 0, counts: { up: 1 } };
    saveRun(state, run);
    expect(loadRun(state)).toEqual(run);
    writeFileSync(`${state.dir}/run.json`, '{');
    expect(loadRun(state)).toBeNull();
  });

  test('a file is replaced whole, or not at all', () => {
    replaceFile(`${place.dir}/f`, 'one', { durable: true });
    mkdirSync(`${place.dir}/f.tmp`);
    expect(() => replaceFile(`${place.dir}/f`, 'two', { durable: true })).toThrow();
    expect(readFileSync(`${place.dir}/f`, 'utf8')).toBe('one');
  });
});
