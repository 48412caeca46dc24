import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tryLock } from '../../lib/state/lock.ts';
import { listQueue } from '../../lib/state/queue.ts';
import { markOf } from '../../lib/process/process-mark.ts';
import { LOG_IT, makePlace, openOutbox, openTestState, transition, type Place } from './fixture.ts';

let place: Place;
const children: ChildProcess[] = [];
beforeEach(() => {
  place = makePlace();
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  place.remove();
});

function start(...what: string[]): {
  readonly child: ChildProcess;
  readonly ended: Promise<string>;
  readonly output: () => string;
} {
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/deliver/runner.ts', place.dir, ...what], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<string>((resolve) =>
    child.once('exit', (code, signal) => resolve(signal ?? String(code))),
  );
  return { child, ended, output: () => output };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function finish(): Promise<void> {
  const { outbox } = openOutbox(place);
  outbox.snapshot();
  const counts = await outbox.drain();
  expect(counts.pending).toBe(0);
  expect(listQueue(openTestState(place))).toEqual([]);
}

test('a run that is killed while its hook runs: the next ends that hook first, then tries again, in order', async () => {
  place.hook(
    'on_down',
    `if [ "$PUPTIME_ATTEMPT" = 1 ]; then echo $$ > ${place.dir}/pid; echo began >> "$LOG"; sleep 5; echo late >> "$LOG"; else ${LOG_IT}; fi`,
  );
  place.hook('on_up', LOG_IT);
  const run = start('cache:down', 'cache:up');
  await until(() => place.logged().length === 1 && listQueue(openTestState(place)).length === 2);
  const pid = Number(readFileSync(`${place.dir}/pid`, 'utf8'));
  run.child.kill('SIGKILL');
  await run.ended;
  expect(markOf(pid)).not.toBeNull();
  await finish();
  expect(markOf(pid)).toBeNull();
  expect(place.logged()).toEqual(['began', 'down cache 2', 'up cache 1']);
});

test('a hook that kills its runner is counted, and does not stop later runs from delivering', async () => {
  place.hook('on_down', `${LOG_IT}; [ "$PUPTIME_ATTEMPT" = 1 ] && kill -9 $PPID; exit 0`);
  expect(await start('cache:down').ended).toBe('SIGKILL');
  await finish();
  expect(place.logged()).toEqual(['down cache 1', 'down cache 2']);
});

test('a run that is killed right after the commit: the next delivers, once', async () => {
  place.hook('on_down', LOG_IT);
  const run = start('a:down', 'b:down', 'c:down', 'd:down');
  await until(() => run.output() !== '');
  run.child.kill('SIGKILL');
  await run.ended;
  await finish();
  const services = place.logged().map((line) => line.split(' ')[1]);
  expect(services).toContain('a');
  const repeats = services.length - new Set(services).size;
  expect(repeats).toBeLessThanOrEqual(1);
});

test('a killed run leaves no lock', async () => {
  place.hook('on_down', 'exec sleep 30');
  const run = start('cache:down');
  await until(() => run.output() !== '');
  const state = openTestState(place);
  await until(() => tryLockNow('delivery') === 'busy');
  run.child.kill('SIGKILL');
  await run.ended;
  expect(tryLockNow('delivery')).toBe('free');
  place.hook('on_down', 'true');
  await finish();
  expect(state.missing).toBeNull();
});

function tryLockNow(kind: 'probe' | 'delivery'): 'busy' | 'free' {
  const lock = tryLock(openTestState(place), { kind, path: process.env.PATH });
  lock?.release();
  return lock === null ? 'busy' : 'free';
}

test('whoever finds the delivery lock held leaves its events to the holder, who delivers them at once', async () => {
  place.hook('on_down', `[ "$PUPTIME_SERVICE" = slow ] && sleep 3\n${LOG_IT}`);
  const holder = start('slow:down');
  await until(() => holder.output() !== '');
  await until(() => tryLockNow('delivery') === 'busy');
  const { outbox } = openOutbox(place);
  await outbox.commit(transition('quick', 'down'));
  outbox.snapshot();
  expect(await outbox.drain()).toMatchObject({ tried: 0 });
  await until(() => place.logged().length === 1);
  expect(place.logged()).toEqual(['down quick 1']);
  expect(holder.child.exitCode).toBeNull();
  expect(await holder.ended).toBe('0');
  expect(place.logged()).toEqual(['down quick 1', 'down slow 1']);
  await finish();
});

test('a hook that waits at its gate does not run once its runner is dead', async () => {
  const { openGate } = await import('../../lib/process/gated-program.ts');
  const { openSync } = await import('node:fs');
  const path = place.hook('on_down', 'echo ran >> "$LOG"');
  const gate = await openGate({
    file: path,
    args: [],
    env: {},
    cwd: place.dir,
    stdin: openSync('/dev/null', 'r'),
    maxOutput: 100,
  });
  if (gate.kind !== 'ready') throw new Error(gate.text);
  gate.cancel();
  await until(() => markOf(gate.mark.pid) === null);
  expect(place.logged()).toEqual([]);
});
