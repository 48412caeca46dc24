import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LOG_IT, makePlace, openOutbox, openTestState, transition, type Place } from './fixture.ts';

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(() => place.remove());

const isRoot = process.getuid?.() === 0;

/** A small file system of its own; false where that is not permitted. */
function mount(directory: string, options: string): boolean {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `mode=0700,${options}`, 'none', directory]).status === 0;
}

const canMount = isRoot && spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

async function run(...what: Parameters<typeof transition>) {
  const { outbox, state } = openOutbox(place);
  const { events, durable } = await outbox.commit(transition(...what));
  const saved = outbox.snapshot();
  return { id: events[0]?.id, durable, saved, counts: await outbox.drain(), state };
}

describe.skipIf(!canMount)('a state directory on a disk of its own', () => {
  const state = () => `${place.dir}/state`;
  beforeEach(() => {
    place.hook('on_down', 'echo "$PUPTIME_EVENT_ID $PUPTIME_DURABLE" >> "$LOG"');
  });
  afterEach(() => {
    spawnSync('umount', [state()]);
  });

  test('full: hooks run all the same, with the same id each time, and say so', async () => {
    expect(mount(state(), 'size=64k')).toBe(true);
    openTestState(place);
    const fill = () => spawnSync('sh', ['-c', `cat /dev/zero > ${state()}/fill`]);
    fill();
    const first = await run('cache', 'down');
    expect(first).toMatchObject({ durable: false, counts: { tried: 1, failed: 0 } });
    expect(first.counts.unwritten).toBeGreaterThan(0);
    expect(place.reports.join('\n')).toContain('the state cannot be written (ENOSPC)');
    const second = await run('cache', 'down');
    expect(second.id).toBe(first.id);
    expect(place.logged()).toEqual([`${first.id} 0`, `${first.id} 0`]);
    spawnSync('rm', [`${state()}/fill`]);
    const third = await run('cache', 'down');
    expect(third).toMatchObject({ id: first.id, durable: true, saved: true, counts: { unwritten: 0 } });
    expect(place.logged()[2]).toBe(`${first.id} 1`);
  });

  test('read-only: the same', async () => {
    expect(mount(state(), 'size=1m')).toBe(true);
    openTestState(place);
    expect(spawnSync('mount', ['-o', 'remount,ro', state()]).status).toBe(0);
    const first = await run('cache', 'down');
    expect(first).toMatchObject({ durable: false, saved: false, counts: { tried: 1, failed: 0 } });
    expect((await run('cache', 'down')).id).toBe(first.id);
    expect(place.reports.join('\n')).toContain('(EROFS)');
  });

  test('no inode left when the state directory is to be made: the same', async () => {
    expect(mount(state(), 'nr_inodes=1')).toBe(true);
    const first = await run('cache', 'down');
    expect(first.state.missing).toBe('ENOSPC');
    expect(first).toMatchObject({ durable: false, saved: false, counts: { tried: 1 } });
    expect((await run('cache', 'down')).id).toBe(first.id);
  });
});

test.skipIf(isRoot)('a queue that this user may not write in: hooks run all the same', async () => {
  place.hook('on_down', LOG_IT);
  const state = openTestState(place);
  chmodSync(`${state.dir}/queue`, 0o500);
  expect(await run('cache', 'down')).toMatchObject({ durable: false, counts: { tried: 1 } });
  chmodSync(`${state.dir}/queue`, 0o700);
});

test('a place where the state cannot be read as a file: hooks run, and the memory that stands is kept', async () => {
  place.hook('on_down', LOG_IT);
  const state = openTestState(place);
  mkdirSync(`${state.dir}/memory.ndjson.tmp`);
  writeFileSync(`${state.dir}/memory.ndjson.tmp/x`, '');
  const first = await run('cache', 'down');
  expect(first).toMatchObject({ durable: true, saved: false });
  expect(place.logged()).toEqual(['down cache 1']);
});
