import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readDeadLetters } from '../../lib/state/dead-letters.ts';
import { listQueue } from '../../lib/state/queue.ts';
import { LOG_IT, makePlace, openOutbox, openTestState, transition, type Place } from './fixture.ts';

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(() => place.remove());

const MINUTE = 60_000;

test('a hook runs once its event is on disk, and nothing is left over', async () => {
  place.hook('on_down', `ls ${place.dir}/state/queue >> "$LOG"; ${LOG_IT}`);
  const { state, outbox } = openOutbox(place);
  const { events, durable } = await outbox.commit(transition('cache', 'down'));
  expect(durable).toBe(true);
  expect(outbox.snapshot()).toBe(true);
  const counts = await outbox.drain();
  expect(place.logged()).toEqual(['cache~1.json', 'down cache 1']);
  expect(counts).toEqual({ tried: 1, failed: 0, dead: 0, refused: 0, unwritten: 0, pending: 0 });
  expect(listQueue(state)).toEqual([]);
  expect(events[0]?.id).toMatch(/^[0-9a-f]{32}$/);
  expect(place.reports).toEqual([]);
});

test('what no hook is for needs no file in the queue; a run that is cut short decides it again under the same id', async () => {
  const first = openOutbox(place);
  const { events, durable } = await first.outbox.commit(transition('cache', 'first', 'down'));
  expect(durable).toBe(true);
  expect(readdirSync(`${place.dir}/state/queue`)).toEqual([]);
  // No snapshot: as if the run had been killed here. Meanwhile there is a hook.
  place.hook('on_down', LOG_IT);
  const second = openOutbox(place);
  const again = await second.outbox.commit(transition('cache', 'first', 'down'));
  expect(again.events.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
  second.outbox.snapshot();
  await second.outbox.drain();
  expect(place.logged()).toEqual(['down cache 1']);
});

test('a hook that is added during an incident gets the on_up, and no on_down', async () => {
  const first = openOutbox(place);
  const [down] = (await first.outbox.commit(transition('cache', 'down'))).events;
  first.outbox.snapshot();
  await first.outbox.drain();
  place.hook('on_down', LOG_IT);
  place.hook('on_up', LOG_IT);
  const second = openOutbox(place);
  expect(second.outbox.records().get('cache')).toMatchObject({ seq: 1, status: 'down' });
  const [up] = (await second.outbox.commit(transition('cache', 'up'))).events;
  second.outbox.snapshot();
  await second.outbox.drain();
  expect(place.logged()).toEqual(['up cache 1']);
  expect(up?.id).not.toBe(down?.id);
});

test('an on_down that still waits in the queue stays, and is older than the up that no hook was for', async () => {
  place.hook('on_down', `${LOG_IT}; exit 1`);
  let now = 1_000_000_000_000;
  const run = async (...kinds: ('down' | 'up')[]) => {
    const { state, outbox } = openOutbox(place, { now: () => now });
    for (const kind of kinds) await outbox.commit(transition('cache', kind));
    outbox.snapshot();
    await outbox.drain();
    now += 2 * MINUTE;
    return { queue: listQueue(state), record: outbox.records().get('cache') };
  };
  await run('down');
  await run('up');
  place.hook('on_down', LOG_IT);
  const { queue, record } = await run();
  expect(record).toMatchObject({ seq: 2, status: 'up' });
  expect(queue).toEqual([]);
  expect(place.logged()).toEqual(['down cache 1', 'down cache 2', 'down cache 3']);
});

test('a failing hook is tried again by later runs, with the same id, after its pause', async () => {
  place.hook(
    'on_down',
    'echo "$PUPTIME_EVENT_ID $PUPTIME_ATTEMPT" >> "$LOG"; echo no route >&2; [ "$PUPTIME_ATTEMPT" = 3 ]',
  );
  let now = 1_000_000_000_000;
  const run = async (commit = false) => {
    const { outbox } = openOutbox(place, { now: () => now });
    if (commit) await outbox.commit(transition('cache', 'down'));
    outbox.snapshot();
    return outbox.drain();
  };
  expect(await run(true)).toMatchObject({ tried: 1, failed: 1, pending: 1 });
  expect(place.reports.join('\n')).toContain('exit code 1');
  expect(place.reports).toContain('  | no route');
  now += MINUTE - 1;
  expect(await run()).toMatchObject({ tried: 0, failed: 0, pending: 1 });
  now += 1;
  expect(await run()).toMatchObject({ tried: 1, failed: 1, pending: 1 });
  now += MINUTE;
  expect(await run()).toMatchObject({ tried: 0, pending: 1 });
  now += MINUTE;
  expect(await run()).toMatchObject({ tried: 1, failed: 0, pending: 0 });
  const lines = place.logged().map((line) => line.split(' '));
  expect(lines.map(([, attempt]) => attempt)).toEqual(['1', '2', '3']);
  expect(new Set(lines.map(([id]) => id)).size).toBe(1);
  await run();
  expect(place.logged()).toHaveLength(3);
});

test('a clock that was set back does not put a retry off', async () => {
  place.hook('on_down', `${LOG_IT}; exit 1`);
  let now = 1_000_000_000_000;
  const first = openOutbox(place, { now: () => now });
  await first.outbox.commit(transition('cache', 'down'));
  await first.outbox.drain();
  now -= 86_400_000;
  const second = openOutbox(place, { now: () => now });
  expect(await second.outbox.drain()).toMatchObject({ tried: 1 });
});

test('exit 100 gives up at once: a dead letter, and on_dead runs', async () => {
  place.hook('on_down', 'echo not that number; exit 100');
  place.hook('on_dead', 'echo "$PUPTIME_EVENT $PUPTIME_SERVICE $PUPTIME_SUMMARY" >> "$LOG"');
  const { state, outbox } = openOutbox(place);
  await outbox.commit(transition('cache', 'down'));
  outbox.snapshot();
  expect(await outbox.drain()).toMatchObject({ tried: 2, failed: 1, dead: 1, pending: 0 });
  expect(place.logged()).toEqual(['dead cache on_down for cache given up after 1 attempts: exit code 100']);
  expect(readDeadLetters(state)).toMatchObject([
    { attempts: 1, reason: 'exit code 100', output: 'not that number', told: true },
  ]);
  expect(listQueue(state)).toEqual([]);
});

test('on_dead that failed, or was killed with its runner, runs again in the next run, though nothing is in the queue', async () => {
  place.hook('on_down', 'exit 100');
  place.hook('on_dead', `${LOG_IT}; [ -e "${place.dir}/mended" ]`);
  const first = openOutbox(place);
  await first.outbox.commit(transition('cache', 'down'));
  first.outbox.snapshot();
  await first.outbox.drain();
  expect(readDeadLetters(first.state)).toMatchObject([{ told: false }]);
  expect(listQueue(first.state)).toEqual([]);
  writeFileSync(`${place.dir}/mended`, '');
  for (const tried of [1, 0]) expect(await openOutbox(place).outbox.drain()).toMatchObject({ tried });
  expect(place.logged()).toEqual(['dead cache 1', 'dead cache 1']);
  expect(readDeadLetters(first.state)).toMatchObject([{ told: true }]);
});

test('what is older than max_age after a failed attempt is dead; what had no attempt gets one', async () => {
  place.hook('on_down', `${LOG_IT}; exit 1`);
  let now = 1_000_000_000_000;
  const open = () => openOutbox(place, { now: () => now, hooks: { max_age_ms: 10 * MINUTE } });
  const first = openOutbox(place, { now: () => now, mode: 'store' });
  await first.outbox.commit(transition('cache', 'down'));
  first.outbox.snapshot();
  await first.outbox.drain();
  now += 20 * MINUTE;
  expect(await open().outbox.drain()).toMatchObject({ tried: 1, failed: 1, dead: 0, pending: 1 });
  now += MINUTE;
  expect(await open().outbox.drain()).toMatchObject({ tried: 0, dead: 1, pending: 0 });
  expect(place.logged()).toEqual(['down cache 1']);
});

test('an on_up waits for its on_down, also when another executable is for it', async () => {
  const page = place.hook('page', `${LOG_IT}; [ -e ${place.dir}/repaired ]`);
  const unpage = place.hook('unpage', LOG_IT);
  const services = new Map([['cache', { replace: false, run: { on_down: [page], on_up: [unpage] } }]]);
  let now = 1_000_000_000_000;
  const first = openOutbox(place, { services, now: () => now });
  await first.outbox.commit(transition('cache', 'down'));
  await first.outbox.commit(transition('cache', 'up'));
  expect(await first.outbox.drain()).toMatchObject({ tried: 1, failed: 1, pending: 2 });
  place.hook('page', LOG_IT);
  now += 2 * MINUTE;
  const second = openOutbox(place, { services, now: () => now });
  expect(await second.outbox.drain()).toMatchObject({ tried: 2, failed: 0, pending: 0 });
  expect(place.logged()).toEqual(['down cache 1', 'down cache 2', 'up cache 1']);
});

test('in NAME.d hooks run by name, and one that fails does not hold up its neighbour’s next event', async () => {
  place.hook('on_down.d/20-sms', `echo sms "$PUPTIME_EVENT" >> "$LOG"`);
  place.hook('on_down.d/10-mail', `echo mail "$PUPTIME_EVENT" >> "$LOG"; exit 1`);
  place.hook('on_down.d/30.with.dots', `echo dots "$PUPTIME_EVENT" >> "$LOG"`);
  place.hook('on_down.d/40-old.bak', `echo never >> "$LOG"`);
  place.hook('on_up.d/20-sms', `echo sms "$PUPTIME_EVENT" >> "$LOG"`);
  place.hook('on_up.d/10-mail', `echo mail "$PUPTIME_EVENT" >> "$LOG"`);
  const { outbox } = openOutbox(place);
  await outbox.commit(transition('cache', 'down'));
  await outbox.commit(transition('cache', 'up'));
  expect(await outbox.drain()).toMatchObject({ pending: 2 });
  expect(place.logged()).toEqual(['mail down', 'sms down', 'dots down', 'sms up']);
});

test('a hanging hook of one service does not hold up another’s', async () => {
  place.hook('on_down', `[ "$PUPTIME_SERVICE" = slow ] && exec sleep 30\n${LOG_IT}`);
  const { outbox } = openOutbox(place, { hooks: { timeout_ms: 3000 } });
  const began = performance.now();
  await Promise.all(['slow', 'a', 'b', 'c'].map((name) => outbox.commit(transition(name, 'down'))));
  while (place.logged().length < 3) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(performance.now() - began).toBeLessThan(2500);
  expect(await outbox.drain()).toMatchObject({ tried: 4, failed: 1, pending: 1 });
  expect(place.reports.join('\n')).toContain('ended after its time limit of 3000 ms');
});

test('an event reaches its hook within moments of its decision, not at the end of the run', async () => {
  place.hook('on_down', 'date +%s%N >> "$LOG"');
  const { outbox } = openOutbox(place);
  const began = Date.now();
  await outbox.commit(transition('cache', 'down'));
  await outbox.drain();
  // 50 ms on an idle machine, which this need not be.
  expect(Number(place.logged()[0]) / 1e6 - began).toBeLessThan(1500);
});

test('an unsafe hook makes its event wait; once it is safe, it runs', async () => {
  const path = place.hook('on_down', LOG_IT);
  const { chmodSync } = await import('node:fs');
  chmodSync(path, 0o777);
  const first = openOutbox(place);
  await first.outbox.commit(transition('cache', 'down'));
  first.outbox.snapshot();
  expect(await first.outbox.drain()).toMatchObject({ tried: 0, refused: 1, pending: 1 });
  expect(place.reports).toEqual([expect.stringContaining('is writable by everybody (mode 0777): chmod o-w')]);
  chmodSync(path, 0o755);
  expect(await openOutbox(place).outbox.drain()).toMatchObject({ tried: 1, refused: 0, pending: 0 });
  expect(place.logged()).toEqual(['down cache 1']);
});

test('hooks are fixed at commit: one that is gone later is dropped with a report', async () => {
  place.hook('on_down', 'exit 1');
  const first = openOutbox(place);
  await first.outbox.commit(transition('cache', 'down'));
  await first.outbox.drain();
  const { rmSync } = await import('node:fs');
  rmSync(`${place.hooks}/on_down`);
  place.hook('on_down.d/new', LOG_IT);
  const counts = await openOutbox(place, { now: () => Date.now() + 2 * MINUTE }).outbox.drain();
  expect(counts).toMatchObject({ tried: 0, pending: 0 });
  expect(place.reports.at(-1)).toContain('on_down: down of cache is not delivered to it: the hook is gone');
  expect(place.logged()).toEqual([]);
});

test('on_result is tried once and leaves nothing on disk', async () => {
  place.hook('on_result', `${LOG_IT}; exit 1`);
  const { state, outbox } = openOutbox(place);
  const { draft } = await import('./fixture.ts');
  const event = outbox.offer(draft('result', 'cache'));
  expect(event.id).toMatch(/^[0-9a-f]{32}$/);
  expect(await outbox.drain()).toMatchObject({ tried: 1, failed: 1, pending: 0 });
  expect(readdirSync(state.dir).sort()).toEqual(['FORMAT', 'corrupt', 'dead', 'queue']);
  expect(await openOutbox(place).outbox.drain()).toMatchObject({ tried: 0 });
});

test('on_run gets the path of a file with all results', async () => {
  place.hook('on_run', 'cat "$(sed -n \'s/.*"results_file":"\\([^"]*\\)".*/\\1/p\' "$1")" >> "$LOG"');
  const { outbox } = openOutbox(place);
  const { draft } = await import('./fixture.ts');
  outbox.offer(draft('run', 'puptime'), '{"a":1}\n{"b":2}\n');
  await outbox.drain();
  expect(place.logged()).toEqual([
    expect.stringContaining('"line":"header"'),
    '{"a":1}',
    '{"b":2}',
    expect.stringContaining('"line":"footer"'),
  ]);
});

test('an event that was committed but whose memory was not written is the newer truth', async () => {
  place.hook('on_down', LOG_IT);
  const first = openOutbox(place);
  await first.outbox.commit(transition('cache', 'down'));
  // No snapshot: the run was killed.
  await first.outbox.drain();
  const second = openOutbox(place);
  expect(second.outbox.records().get('cache')).toMatchObject({ status: 'down', seq: 1 });
  second.outbox.snapshot();
  expect(await second.outbox.drain()).toMatchObject({ tried: 0, pending: 0 });
  expect(listQueue(second.state)).toEqual([]);
  expect(place.logged()).toEqual(['down cache 1']);
});

test('500 transitions are committed in groups', async () => {
  const { outbox } = openOutbox(place, { mode: 'store' });
  const names = Array.from({ length: 500 }, (_, index) => `service-${index}`);
  await Promise.all(names.map((name) => outbox.commit(transition(name, 'down'))));
  expect(outbox.snapshot()).toBe(true);
  await outbox.drain();
  expect(listQueue(openTestState(place))).toEqual([]);
  expect(readFileSync(`${place.dir}/state/memory.ndjson`, 'utf8').split('\n')).toHaveLength(501);
});

test('an interruption ends running hooks and keeps their events for the next run', async () => {
  place.hook('on_down', `${LOG_IT}; exec sleep 30`);
  const { outbox, abort } = openOutbox(place);
  await outbox.commit(transition('cache', 'down'));
  while (place.logged().length < 1) await new Promise((resolve) => setTimeout(resolve, 10));
  abort();
  expect(await outbox.drain()).toMatchObject({ tried: 1, failed: 1, pending: 1 });
  place.hook('on_down', LOG_IT);
  expect(await openOutbox(place).outbox.drain()).toMatchObject({ tried: 1, pending: 0 });
  expect(existsSync(`${place.dir}/state/deliveries.ndjson`)).toBe(true);
});

test('a secret that a hook is given and prints is hidden, on stderr and in the journal', async () => {
  place.hook('on_down', 'printf "%04060d" 0; echo "$TOKEN is wrong"; echo "$TOKEN" | base64; exit 1');
  const { outbox } = openOutbox(place, { hooks: { env: ['TOKEN'] }, env: { TOKEN: 'hush/hush baby=1' } });
  await outbox.commit(transition('cache', 'down'));
  expect(await outbox.drain()).toMatchObject({ failed: 1 });
  expect(place.reports.join('\n')).toContain('*** is wrong');
  const told = `${place.reports.join('\n')} ${readFileSync(`${place.dir}/state/deliveries.ndjson`, 'utf8')}`;
  expect(told).not.toContain('hush');
  expect(told).not.toContain('aHVzaC9odXNo');
});
