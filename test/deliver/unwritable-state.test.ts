import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadMemory } from '../../lib/state/memory.ts';
import { listQueue, readQueue } from '../../lib/state/queue.ts';
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
    rmSync(openTestState(place).overlay.found() ?? `${place.dir}/none`, { recursive: true, force: true });
    spawnSync('umount', [state()]);
  });

  /** what the next run knows, and where it has it from */
  const remembered = () => {
    const opened = openTestState(place);
    const { records } = loadMemory(opened, readQueue(opened));
    return { told: records.get('cache')?.told.down, overlay: opened.overlay.found() !== null };
  };

  test('full: hooks run all the same, once, and say so; later runs go on from there', async () => {
    expect(mount(state(), 'size=64k')).toBe(true);
    openTestState(place);
    spawnSync('sh', ['-c', `cat /dev/zero > ${state()}/fill`]);
    place.hook('on_up', 'echo "$PUPTIME_EVENT_ID $PUPTIME_DURABLE" >> "$LOG"');
    const first = await run('cache', 'down');
    expect(first).toMatchObject({ durable: false, saved: false, counts: { tried: 1, failed: 0 } });
    expect(first.counts.unwritten).toBeGreaterThan(0);
    expect(place.reports.join('\n')).toContain('the state cannot be written (ENOSPC)');
    expect(remembered()).toEqual({ told: true, overlay: true });
    const second = await run('cache', 'up');
    expect(second).toMatchObject({ durable: false, counts: { tried: 1 } });
    expect(place.logged()).toEqual([`${first.id} 0`, `${second.id} 0`]);
    spawnSync('rm', [`${state()}/fill`]);
    const third = await run('cache', 'down');
    expect(third).toMatchObject({ durable: true, saved: true, counts: { unwritten: 0 } });
    expect(place.logged().slice(2)).toEqual([`${third.id} 1`]);
    expect(remembered()).toEqual({ told: true, overlay: false });
    expect(listQueue(openTestState(place))).toEqual([]);
  });

  test('full, and the hook fails: it is tried again, and counted, as if nothing were the matter', async () => {
    expect(mount(state(), 'size=64k')).toBe(true);
    openTestState(place);
    spawnSync('sh', ['-c', `cat /dev/zero > ${state()}/fill`]);
    place.hook('on_down', 'echo "$PUPTIME_EVENT_ID $PUPTIME_ATTEMPT" >> "$LOG"; [ "$PUPTIME_ATTEMPT" = 3 ]');
    let now = Date.now();
    const runAt = async (hours: number) => {
      now += hours * 3_600_000;
      const { outbox } = openOutbox(place, { now: () => now });
      if (hours === 0) await outbox.commit(transition('cache', 'down'));
      outbox.snapshot();
      return outbox.drain();
    };
    expect(await runAt(0)).toMatchObject({ tried: 1, failed: 1, pending: 1 });
    expect(await runAt(2)).toMatchObject({ tried: 1, failed: 1, pending: 1 });
    spawnSync('rm', [`${state()}/fill`]);
    expect(await runAt(2)).toMatchObject({ tried: 1, failed: 0, pending: 0, unwritten: 0 });
    const [id] = place.logged()[0]?.split(' ') ?? [];
    expect(place.logged()).toEqual([`${id} 1`, `${id} 2`, `${id} 3`]);
    expect(remembered()).toEqual({ told: true, overlay: false });
    expect(await runAt(2)).toMatchObject({ tried: 0, unwritten: 0 });
    expect(listQueue(openTestState(place))).toEqual([]);
  });

  test('read-only: the same', async () => {
    expect(mount(state(), 'size=1m')).toBe(true);
    openTestState(place);
    expect(spawnSync('mount', ['-o', 'remount,ro', state()]).status).toBe(0);
    const first = await run('cache', 'down');
    expect(first).toMatchObject({ durable: false, saved: false, counts: { tried: 1, failed: 0 } });
    expect(remembered()).toEqual({ told: true, overlay: true });
    expect(place.reports.join('\n')).toContain('(EROFS)');
    expect(spawnSync('mount', ['-o', 'remount,rw', state()]).status).toBe(0);
    expect(await run('other', 'down')).toMatchObject({ durable: true, saved: true });
    expect(remembered()).toEqual({ told: true, overlay: false });
  });

  test('no inode left when the state directory is to be made: the same, and it goes on with its ids', async () => {
    expect(mount(state(), 'nr_inodes=1')).toBe(true);
    const first = await run('cache', 'down');
    expect(first.state.missing).toBe('ENOSPC');
    expect(first).toMatchObject({ durable: false, saved: false, counts: { tried: 1 } });
    expect(remembered()).toEqual({ told: true, overlay: true });
    spawnSync('mount', ['-o', 'remount,nr_inodes=100', state()]);
    const second = await run('other', 'down');
    expect(second).toMatchObject({ durable: true, saved: true });
    expect(second.state.salt).toBe(first.state.salt);
    expect(remembered()).toEqual({ told: true, overlay: false });
  });

  test('an overlay of another user, or of another state directory, is none', async () => {
    expect(mount(state(), 'size=1m')).toBe(true);
    openTestState(place);
    spawnSync('mount', ['-o', 'remount,ro', state()]);
    await run('cache', 'down');
    const overlay = openTestState(place).overlay.found() ?? '';
    chownSync(overlay, 65534, 65534);
    expect(remembered().overlay).toBe(false);
    chownSync(overlay, 0, 0);
    writeFileSync(`${overlay}/FORMAT`, `puptime-state 1 ${'0'.repeat(32)}\n`);
    expect(remembered()).toEqual({ told: undefined, overlay: false });
    rmSync(overlay, { recursive: true });
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
