import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createSlots } from '../../lib/deliver/slots.ts';
import { createLanes } from '../../lib/deliver/lanes.ts';
import { draft, makePlace, openOutbox, transition, type Place } from './fixture.ts';

describe('slots for hooks', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  function open(concurrency: number) {
    const seen = { free: 0, full: [] as number[] };
    const slots = createSlots({
      concurrency,
      onFree: () => (seen.free += 1),
      onFull: (most) => seen.full.push(most),
    });
    const takeAll = () => {
      const taken = [];
      for (let release = slots.take(); release !== null; release = slots.take()) taken.push(release);
      return taken;
    };
    return { slots, takeAll, seen };
  }

  test('as many as `concurrency` are in their first second', () => {
    const { slots, takeAll, seen } = open(3);
    const [first] = takeAll();
    expect(slots.take()).toBeNull();
    first?.();
    expect(seen.free).toBe(1);
    expect(takeAll()).toHaveLength(1);
    expect(seen.full).toEqual([]);
  });

  test('one that takes longer than a second gives its slot to the next', () => {
    const { takeAll, seen } = open(3);
    expect(takeAll()).toHaveLength(3);
    vi.advanceTimersByTime(999);
    expect(takeAll()).toHaveLength(0);
    vi.advanceTimersByTime(1);
    expect(seen.free).toBe(3);
    expect(takeAll()).toHaveLength(3);
  });

  test('a slow one that ends does not free a quick one’s slot', () => {
    const { slots, takeAll } = open(1);
    const [slow] = takeAll();
    vi.advanceTimersByTime(1000);
    expect(takeAll()).toHaveLength(1);
    slow?.();
    expect(slots.take()).toBeNull();
  });

  test('sixteen times as many is the end, told once', () => {
    const { slots, takeAll, seen } = open(2);
    const all = [];
    for (let second = 0; second < 20; second += 1) {
      all.push(...takeAll());
      vi.advanceTimersByTime(1000);
    }
    expect(all).toHaveLength(32);
    expect(seen.full).toEqual([32]);
    all[0]?.();
    expect(slots.take()).not.toBeNull();
    expect(slots.take()).toBeNull();
    expect(seen.full).toEqual([32]);
  });
});

describe('lanes', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  const parcel = (service: string) => ({
    event: { ...draft('down', service), id: service, incident: null },
    entry: null,
    committed: 0,
    deliveries: [
      {
        hook: { path: `/${service}`, lane: 'x' },
        attempts: 0,
        next: 0,
        settled: false,
        refused: false,
        done: false,
      },
    ],
  });

  test('eight hanging hooks of eight services hold up the ninth for a second, not for their time limit', async () => {
    const started: string[] = [];
    const ends: (() => void)[] = [];
    const reports: string[] = [];
    const lanes = createLanes({
      concurrency: 8,
      report: (line) => reports.push(line),
      now: () => 0,
      signal: new AbortController().signal,
      attempt: async ({ parcel: { event }, delivery }) => {
        started.push(event.service);
        if (event.service.startsWith('hangs')) await new Promise<void>((resolve) => ends.push(resolve));
        delivery.settled = true;
      },
    });
    for (let index = 0; index < 200; index += 1) lanes.admit(parcel(`hangs-${index}`));
    lanes.admit(parcel('quick'));
    expect(started).toHaveLength(8);
    vi.advanceTimersByTime(1000);
    expect(started).toHaveLength(16);
    vi.advanceTimersByTime(60_000);
    expect(started).toHaveLength(128);
    expect(reports).toEqual([expect.stringContaining('128 hooks run at once')]);
    let idle = false;
    const waiting = lanes.idle().then(() => (idle = true));
    while (!idle) {
      for (const end of ends.splice(0)) end();
      await vi.advanceTimersByTimeAsync(10);
    }
    await waiting;
    expect(started).toHaveLength(201);
    expect(lanes.unsettled()).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('a hook of a service that hangs lets the other services pass', () => {
    const started: string[] = [];
    const lanes = createLanes({
      concurrency: 1,
      report: () => undefined,
      now: () => 0,
      signal: new AbortController().signal,
      attempt: ({ parcel: { event } }) => {
        started.push(event.service);
        return new Promise(() => undefined);
      },
    });
    for (const service of ['a', 'b', 'c']) lanes.admit(parcel(service));
    vi.advanceTimersByTime(2000);
    expect(started).toEqual(['a', 'b', 'c']);
  });
});

describe('hooks that nothing depends on', () => {
  let place: Place;
  beforeEach(() => {
    place = makePlace();
  });
  afterEach(() => place.remove());

  test('on_result hanging for every service holds up neither on_down nor on_dead', async () => {
    place.hook('on_result', 'exec sleep 30');
    place.hook('on_down', 'echo "down $PUPTIME_SERVICE" >> "$LOG"; exit 100');
    place.hook('on_dead', 'echo "dead $PUPTIME_SERVICE" >> "$LOG"');
    const { outbox, abort } = openOutbox(place, { hooks: { concurrency: 2, timeout_ms: 25_000 } });
    for (const service of ['a', 'b', 'c', 'd']) outbox.offer(draft('result', service));
    await outbox.commit(transition('e', 'down'));
    outbox.snapshot();
    const began = performance.now();
    while (place.logged().length < 2) {
      if (performance.now() - began > 20_000) throw new Error('on_down or on_dead waits for on_result');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(place.logged()).toEqual(['down e', 'dead e']);
    abort();
    await outbox.drain();
  });
});
