import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createInbox } from '../../lib/deliver/inbox.ts';
import { parseForeignEvent } from '../../lib/deliver/foreign-event.ts';
import { unacknowledged } from '../../lib/deliver/outgoing.ts';
import { sampleEvent } from '../../lib/deliver/sample-event.ts';
import { testHooks } from '../../lib/deliver/hook-test.ts';
import { readQueue, listQueue } from '../../lib/state/queue.ts';
import { EVENT_KINDS, type Event } from '../../lib/words/event.ts';
import {
  LOG_IT,
  draft,
  hooksConfig,
  makePlace,
  makeWorld,
  openOutbox,
  openTestState,
  transition,
  type Place,
} from './fixture.ts';

const EVENT: Event = { ...draft('down', 'cache'), id: 'a'.repeat(32), incident: null };
const RUN = { id: 'run-1', host: 'here', config: null };
const SAMPLE = { service: null, target: null, now: 1_700_000_000_000, run: RUN, unique: 'abc' };

describe('an event from elsewhere', () => {
  test('of every kind is taken as it is', () => {
    for (const kind of EVENT_KINDS) {
      const event = sampleEvent({ ...SAMPLE, kind });
      expect(parseForeignEvent(JSON.stringify(event))).toEqual({ kind: 'event', event });
    }
  });

  test('loses fields that are not known here, and escapes in its summary', () => {
    const parsed = parseForeignEvent(
      JSON.stringify({ ...EVENT, hooks: ['/bin/rm'], summary: 'a\u001b[31mb' }),
    );
    expect(parsed).toEqual({ kind: 'event', event: { ...EVENT, summary: 'a [31mb' } });
  });

  test.each<readonly [unknown, string | RegExp]>([
    ['not json', 'it is not a JSON object'],
    [[EVENT], 'it is not a JSON object'],
    [{}, 'schema is missing, expected "puptime.event.v1"'],
    [{ ...EVENT, schema: 'puptime.result.v1' }, 'schema is "puptime.result.v1", expected "puptime.event.v1"'],
    [
      { ...EVENT, id: '../../etc/passwd' },
      'id is "../../etc/passwd", expected 8 to 64 letters, digits, - and _',
    ],
    [{ ...EVENT, service: '../x' }, 'service is "../x", expected a name of letters, digits and . _ - / :'],
    [{ ...EVENT, event: 'explode' }, /^event is "explode", expected one of result, first, down/],
    [{ ...EVENT, status: 'green' }, 'status is "green", expected one of up, degraded, down, unknown'],
    [{ ...EVENT, time: 'yesterday' }, 'time is "yesterday", expected a time as in 2026-11-21T12:00:00.123Z'],
    [{ ...EVENT, tags: 'x' }, /^tags is "x", expected a list/],
    [{ ...EVENT, reason: { code: 'nonsense' } }, /^reason\.status is missing, expected one of down/],
    [{ ...EVENT, failures: -1 }, 'failures is -1, expected a number of at least 0'],
    [{ ...EVENT, run: null }, /^run is null, expected a map/],
    [{ ...EVENT, output: 'x'.repeat(2_000_000) }, /^it has \d+ characters, expected at most 1048576/],
  ])('is refused: %#', (value, expected) => {
    const parsed = parseForeignEvent(typeof value === 'string' ? value : JSON.stringify(value));
    if (parsed.kind !== 'refused') throw new Error('it was taken');
    if (typeof expected === 'string') expect(parsed.reason).toBe(expected);
    else expect(parsed.reason).toMatch(expected);
  });
});

describe('with hooks', () => {
  let place: Place;
  beforeEach(() => {
    place = makePlace();
  });
  afterEach(() => place.remove());

  const open = () => {
    const opened = openOutbox(place);
    const world = makeWorld(place);
    return { ...opened, inbox: createInbox({ state: opened.state, delivery: opened.delivery, world }) };
  };
  const nothing = () => false;

  test('it is stored before its hook starts, and a repeat is known', async () => {
    place.hook('on_down', `ls ${place.dir}/state/queue >> "$LOG"; ${LOG_IT}`);
    const { inbox, delivery, state } = open();
    expect(inbox.accept(JSON.stringify(EVENT))).toEqual({ kind: 'accepted', id: EVENT.id });
    expect(inbox.accept(JSON.stringify(EVENT))).toEqual({ kind: 'accepted', id: EVENT.id });
    expect(inbox.accept('garbage').kind).toBe('refused');
    expect(await delivery.drain(nothing)).toMatchObject({ tried: 1, pending: 0 });
    expect(place.logged()).toEqual(['cache~r1.json', 'down cache 1']);
    expect(listQueue(state)).toEqual([]);
    const later = open();
    expect(later.inbox.accept(JSON.stringify(EVENT)).kind).toBe('accepted');
    expect(await later.delivery.drain(nothing)).toMatchObject({ tried: 0 });
  });

  test('on_result from elsewhere has one try and is not stored', async () => {
    place.hook('on_result', `ls ${place.dir}/state/queue >> "$LOG"; ${LOG_IT}; exit 1`);
    const { inbox, delivery } = open();
    expect(inbox.accept(JSON.stringify({ ...EVENT, event: 'result' })).kind).toBe('accepted');
    expect(await delivery.drain(nothing)).toMatchObject({ tried: 1, failed: 1, pending: 0 });
    expect(place.logged()).toEqual(['result cache 1']);
  });

  test('what decide has left in the shared queue is printed again until it is taken, and delivered once', async () => {
    place.hook('on_down', LOG_IT);
    const decide = openOutbox(place, { mode: 'print' });
    const { events } = await decide.outbox.commit(transition('cache', 'down'));
    decide.outbox.snapshot();
    await decide.outbox.drain();
    expect(place.logged()).toEqual([]);
    const state = openTestState(place);
    expect(unacknowledged(state, readQueue(state).entries)).toEqual(events);
    const { inbox, delivery } = open();
    expect(inbox.accept(JSON.stringify(events[0]))).toEqual({ kind: 'accepted', id: events[0]?.id });
    expect(await delivery.drain(nothing)).toMatchObject({ tried: 1 });
    expect(unacknowledged(state, readQueue(state).entries)).toEqual([]);
    expect(place.logged()).toEqual(['down cache 1']);
    const again = openOutbox(place, { mode: 'print' });
    again.outbox.snapshot();
    expect(listQueue(state)).toEqual([]);
  });

  test('a hook can be tried on a sample event, which is marked as a test', async () => {
    place.hook('on_up.d/10-a', 'grep -c \'"test":true\' "$1"; exit 3');
    place.hook('on_up.d/20-b', 'true');
    place.hook('on_up.d/30-c.bak', 'true');
    const tests = await testHooks({
      event: sampleEvent({ ...SAMPLE, kind: 'up' }),
      hooks: hooksConfig(place),
      service: { replace: false, run: { on_up: ['/nonexistent/hook'] } },
      signal: new AbortController().signal,
      world: makeWorld(place),
    });
    expect(tests.map(({ kind, text, output }) => [kind, text, output])).toEqual([
      ['failed', 'exit code 3', '1'],
      ['done', 'exit code 0', ''],
      ['refused', '/nonexistent/hook does not exist', ''],
    ]);
    expect(place.reports).toEqual([
      expect.stringContaining('30-c.bak is no hook: files with such a name are passed over'),
    ]);
  });
});
