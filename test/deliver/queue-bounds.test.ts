import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { beyondBounds } from '../../lib/deliver/queue-bounds.ts';
import { readDeadLetters } from '../../lib/state/dead-letters.ts';
import type { HookReference } from '../../lib/state/hook-reference.ts';
import type { EventProgress } from '../../lib/state/journal-line.ts';
import { listQueue } from '../../lib/state/queue.ts';
import type { QueueEntry } from '../../lib/state/queue-entry.ts';
import {
  draft,
  LOG_IT,
  makePlace,
  openOutbox,
  openTestState,
  record,
  transition,
  type Place,
} from './fixture.ts';

const HOOK: HookReference = { path: '/hooks/on_down', lane: '' };

function entry(sid: string, seq: number, committed = seq, hooks: readonly HookReference[] | null = [HOOK]) {
  const id = `${sid}-${seq}`;
  const event = { ...draft('down', sid), id, incident: null };
  const fixed = hooks === null ? null : { [id]: hooks };
  return { sid, seq, record: record(sid), events: [event], hooks: fixed, committed, durable: true };
}

const none: ReadonlyMap<string, EventProgress> = new Map();
const bounds = { perService: 2, inAll: 4 };
const idsOf = (entries: readonly QueueEntry[], progress = none) =>
  beyondBounds(entries, progress, bounds).map(({ event }) => event.id);

describe('what is beyond the bounds of the queue', () => {
  test('of one service: the oldest', () => {
    expect(idsOf([entry('a', 1), entry('a', 2), entry('b', 1)])).toEqual([]);
    expect(idsOf([entry('a', 1), entry('a', 2), entry('a', 3), entry('a', 4), entry('b', 1)])).toEqual([
      'a-1',
      'a-2',
    ]);
  });

  test('in all: the oldest of any service', () => {
    const entries = [
      entry('a', 1, 50),
      entry('b', 1, 20),
      entry('c', 1, 30),
      entry('d', 1, 10),
      entry('e', 1, 40),
    ];
    expect(idsOf(entries)).toEqual(['d-1']);
  });

  test('what is finished does not count, and neither does one hook that is done', () => {
    const done = { k: 'done', id: 'a-1', hook: HOOK.path, n: 1, t: 0, output: '' } as const;
    const progress = new Map([['a-1', { bound: null, hooks: new Map([[HOOK.path, done]]) }]]);
    expect(idsOf([entry('a', 1), entry('a', 2), entry('a', 3)], progress)).toEqual([]);
    const two = [HOOK, { path: '/hooks/on_down.d/x', lane: 'x' }];
    const given = beyondBounds([entry('a', 1, 1, two), entry('a', 2), entry('a', 3)], progress, bounds);
    expect(given.map(({ hook }) => hook.lane)).toEqual(['x']);
  });

  test('an event that nobody has taken is given up in nobody’s name', () => {
    const given = beyondBounds([entry('a', 1, 1, null), entry('a', 2), entry('a', 3)], none, bounds);
    expect(given.map(({ hook }) => hook.path)).toEqual(['nobody']);
  });
});

describe('a queue that grows beyond its bounds', () => {
  let place: Place;
  beforeEach(() => {
    place = makePlace();
  });
  afterEach(() => place.remove());

  test('gives up the oldest, keeps them, says so, and on_dead runs; later ones are delivered', async () => {
    place.hook('on_down', LOG_IT);
    place.hook('on_up', LOG_IT);
    place.hook('on_dead', LOG_IT);
    const { outbox } = openOutbox(place, { mode: 'store' });
    for (let index = 0; index < 52; index += 1) {
      await Promise.all([
        outbox.commit(withIncident(transition('cache', 'down'), `incident-${index}`)),
        outbox.commit(withIncident(transition('cache', 'up'), `incident-${index}`)),
      ]);
    }
    outbox.snapshot();
    expect(await outbox.drain()).toMatchObject({ dead: 4, tried: 0 });
    const state = openTestState(place);
    expect(readDeadLetters(state).map(({ event, attempts }) => [event.event, attempts])).toEqual([
      ['down', 0],
      ['up', 0],
      ['down', 0],
      ['up', 0],
    ]);
    expect(place.reports[0]).toContain('given up after 0 attempts: more than 100 events of a service');
    const next = openOutbox(place);
    next.outbox.snapshot();
    await next.outbox.drain();
    const kinds = place.logged().map((line) => line.split(' ')[0]);
    expect(kinds.filter((kind) => kind === 'dead')).toHaveLength(4);
    expect(kinds.filter((kind) => kind !== 'dead')).toEqual(
      Array.from({ length: 50 }, () => ['down', 'up']).flat(),
    );
    expect(listQueue(state)).toEqual([]);
  }, 120_000);

  test('no on_up for a hook whose on_down was given up untried; one that was tried gets it', async () => {
    place.hook('on_down.d/never', LOG_IT);
    place.hook('on_down.d/tried', `${LOG_IT}; exit 100`);
    place.hook('on_up.d/never', LOG_IT);
    place.hook('on_up.d/tried', LOG_IT);
    place.hook('on_up.d/later', LOG_IT);
    const { outbox } = openOutbox(place, { mode: 'store' });
    await outbox.commit(withIncident(transition('cache', 'down'), 'incident-1'));
    outbox.snapshot();
    await outbox.drain();
    // As when it is gone from the hooks directory before it could be tried.
    place.removeHook('on_down.d/never');
    const second = openOutbox(place);
    await second.outbox.commit(withIncident(transition('cache', 'up'), 'incident-1'));
    second.outbox.snapshot();
    await second.outbox.drain();
    expect(place.logged()).toEqual(['down cache 1', 'up cache 1', 'up cache 1']);
    expect(place.reports.join('\n')).toContain(
      'on_up.d/never: up of cache is not delivered to it: its on_down was given up before it was tried',
    );
  });
});

function withIncident(decided: ReturnType<typeof transition>, id: string): ReturnType<typeof transition> {
  const incident = { id, started: '2026-01-01T00:00:00.000Z', ended: null, duration_s: null, reminders: 0 };
  return { ...decided, drafts: decided.drafts.map((one) => ({ ...one, incident })) };
}
