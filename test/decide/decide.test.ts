import { describe, expect, it } from 'vitest';
import { decide } from '../../lib/decide/decide.ts';
import { draftResult } from '../../lib/decide/draft.ts';
import { FILES, fromLetter, fromLetters, hooksOf, live, NO_HOOKS, POLICY, reason, result } from './story.ts';

type Row = readonly [results: string, hooks: string, why: string];

describe('with down_after 1 and up_after 1', () => {
  const rows: readonly Row[] = [
    ['U', 'first', 'a first result is told at once'],
    ['D', 'first+down', 'an outage at first sight is not silent'],
    ['W', 'first+degraded', 'nor is a degradation'],
    ['S', 'first+slow', 'nor is slowness: a partial window counts'],
    ['UU', 'first ·', 'good news is told once'],
    ['UUDDDUUS', 'first · down · · up · slow', 'each transition is told once'],
    ['UDUDU', 'first down up down up', 'down and up alternate'],
    ['DU', 'first+down up', 'a first outage ends like any other'],
    ['UWWU', 'first degraded · restore', 'degradation has edges of its own'],
    ['USSU', 'first slow · restore', 'and so has slowness'],
    ['UWBU', 'first degraded slow restore', 'two sets of causes, one restore'],
    ['UBSU', 'first slow+degraded · restore', 'restore only when both are empty'],
    ['UBWBU', 'first slow+degraded · slow restore', 'a set that was empty meanwhile is told again'],
    ['WDW', 'first+degraded down up', 'degraded, down, degraded: not degraded anew'],
    ['WDU', 'first+degraded down up+restore', 'degraded, down, up: both are over'],
    ['UDW', 'first down up+degraded', 'down to degraded raises on_up'],
    ['UDS', 'first down up+slow', 'also when it comes back slow'],
    ['SDS', 'first+slow down up', 'slow, down, slow: not slow anew'],
    ['SDU', 'first+slow down up+restore', 'slow, down, up: both are over'],
    ['WDDWU', 'first+degraded down · up restore', 'what was degraded before is restored after'],
  ];
  it.each(rows)('%s runs %s: %s', (letters, hooks) => {
    expect(hooksOf(letters)).toBe(hooks);
  });
});

describe('unknown', () => {
  const rows: readonly Row[] = [
    ['?', 'unknown', 'is not a first result'],
    ['??U', 'unknown · first', 'the first result is the first that is not unknown'],
    ['??D', 'unknown · first+down', 'whatever that one is'],
    ['U??U', 'first unknown · ·', 'once per spell, and no on_up after it'],
    ['U?U?U', 'first unknown · unknown ·', 'each spell anew'],
    ['D?U', 'first+down unknown up', 'down, unknown, up: one on_up'],
    ['D?D', 'first+down unknown ·', 'an incident goes on through it'],
    ['W?W', 'first+degraded unknown ·', 'so does a degradation'],
    ['W?U', 'first+degraded unknown restore', 'and ends after it'],
    ['1?1', 'first unknown ·', 'the watched value stands'],
    ['1?2', 'first unknown change', 'and is compared after it'],
  ];
  it.each(rows)('%s runs %s: %s', (letters, hooks) => {
    expect(hooksOf(letters)).toBe(hooks);
  });

  it('moves nothing that is remembered of the service', () => {
    const before = live(fromLetters('UDW')).record;
    const { record } = live([fromLetter('?', 3)], {}, before);
    const { started, unknown, recent } = record;
    expect(record).toEqual({ ...before, started, unknown, recent });
    expect(unknown).toMatchObject({ since: '2026-11-21T12:03:00.000Z' });
    expect(started).toBe('2026-11-21T12:03:00.000Z');
  });
});

describe('with down_after 3', () => {
  const rows: readonly Row[] = [
    ['UDDDD', 'first · · down ·', 'the third failure in a row confirms'],
    ['UDDUDDD', 'first · · · · · down', 'a good result breaks the row'],
    ['UDD?D', 'first · · unknown down', 'an unknown one does not'],
    ['DDD', 'first · down', 'a first down is announced when confirmed'],
    ['DDU', 'first · ·', 'or never'],
    ['DW', 'first degraded', 'an unconfirmed failure holds nothing back'],
    ['WDDW', 'first+degraded · · ·', 'and ends no degradation'],
    ['WDDU', 'first+degraded · · restore', 'which the next good result does'],
  ];
  it.each(rows)('%s runs %s: %s', (letters, hooks) => {
    expect(hooksOf(letters, { down_after: 3 })).toBe(hooks);
  });
});

describe('with up_after 2', () => {
  const rows: readonly Row[] = [
    ['DU', 'first+down ·', 'one good result is not enough'],
    ['DUU', 'first+down · up', 'the second in a row confirms'],
    ['DUDUU', 'first+down · · · up', 'a failure breaks the row'],
    ['DU?U', 'first+down · unknown up', 'an unknown one does not'],
    ['DWW', 'first+down · up+degraded', 'a degraded one is good; its causes are told with the up'],
    ['DWU', 'first+down · up', 'what was degraded only while down is not told'],
    ['WDUU', 'first+degraded down · up+restore', 'nor restored before it is up'],
    ['UU', 'first ·', 'who was never down is up at once'],
  ];
  it.each(rows)('%s runs %s: %s', (letters, hooks) => {
    expect(hooksOf(letters, { up_after: 2 })).toBe(hooks);
  });
});

describe('the mean of slow_window runs', () => {
  const slow = (...durations: readonly number[]) => {
    const results = durations.map((duration_ms, minute) => result(minute, { duration_ms }));
    const { decisions } = live(results, { slow: { total: 1000 }, slow_window: 3 });
    return decisions.map(({ drafts }) => drafts.map(({ event }) => event).join('+') || '·').join(' ');
  };

  it.each([
    ['one slow run of three is not slow', [100, 100, 2500], 'first · ·'],
    ['a partial window counts', [1001], 'first+slow'],
    ['the limit itself is not above', [1000, 1000, 1000], 'first · ·'],
    ['the mean decides', [500, 1000, 1501], 'first · slow'],
    ['below the limit is not yet cleared', [1200, 900, 900, 900], 'first+slow · · ·'],
    ['at 80 % it is', [1200, 800, 800, 800], 'first+slow · · restore'],
    ['no chatter around the limit', [1100, 950, 1050, 950, 1050], 'first+slow · · · ·'],
  ] as const)('%s', (_, durations, hooks) => {
    expect(slow(...durations)).toBe(hooks);
  });

  it('has no use for failed and unknown runs', () => {
    const { record } = live(fromLetters('US?DU'), { down_after: 2, slow_window: 5 });
    expect(record.window).toEqual([100, 1000, 100]);
  });

  it('forgets how slow it was before an outage, but not that it was fast', () => {
    expect(live(fromLetters('SSSD'), { slow_window: 3 }).record.window).toEqual([]);
    expect(live(fromLetters('UUUD'), { slow_window: 3 }).record.window).toEqual([100, 100, 100]);
  });

  it('ends when the limit is taken out of the config', () => {
    const { record } = live(fromLetters('S'));
    const { drafts } = live([result(1, { duration_ms: 1000 })], { slow: null }, record);
    expect(drafts.map(({ event }) => event)).toEqual(['restore']);
  });

  it('is not moved by one result that calls itself slow', () => {
    const one = reason({ status: 'degraded', code: 'slow', phase: 'expect' });
    const { drafts, record } = live([result(0, { status: 'degraded', reason: one, reasons: [one] })]);
    expect(drafts.map(({ event }) => event)).toEqual(['first']);
    expect(record.status).toBe('up');
  });
});

describe('an event', () => {
  it('has the confirmed status, the one before, and since when', () => {
    const { drafts } = live(fromLetters('UUDDD'), { down_after: 2 });
    expect(drafts.at(-1)).toMatchObject({
      schema: 'puptime.event.v1',
      event: 'down',
      status: 'down',
      previous: { status: 'up', since: '2026-11-21T12:00:00.000Z', time: '2026-11-21T12:02:00.000Z' },
      since: '2026-11-21T12:02:00.000Z',
      time: '2026-11-21T12:03:00.000Z',
      failures: 2,
      cause: null,
      delivery: null,
      incident: {
        id: null,
        started: '2026-11-21T12:02:00.000Z',
        ended: null,
        duration_s: null,
        reminders: 0,
      },
    });
  });

  it('has nothing of a result’s own, and no key that a stranger added', () => {
    const strange = { ...result(0), events: ['down'], evil: 'x' };
    const [first] = decide({
      result: strange,
      before: null,
      policy: POLICY,
      hooks: { replace: false, run: {} },
      files: FILES,
    }).drafts;
    expect(Object.keys(first ?? {})).not.toEqual(expect.arrayContaining(['watched']));
    expect(first).not.toHaveProperty('started');
    expect(first).not.toHaveProperty('events');
    expect(first).not.toHaveProperty('evil');
  });

  it('of recovery has the incident with its end, under the id that was stamped', () => {
    const down = live(fromLetters('UDD')).record;
    const incident = { id: 'i1', started: down.since, ended: null, duration_s: null, reminders: 0 };
    const { drafts, record } = live(
      fromLetters('UDDU').slice(3),
      {},
      { ...down, seq: 2, id: 'e2', incident },
    );
    expect(drafts[0]).toMatchObject({
      event: 'up',
      status: 'up',
      previous: { status: 'down' },
      failures: 0,
      summary: 'back after 2m: answered in 100 ms',
      incident: { id: 'i1', ended: '2026-11-21T12:03:00.000Z', duration_s: 120 },
    });
    expect(record).toMatchObject({ seq: 2, id: 'e2', incident: null, status: 'up' });
  });

  it('of slowness has it as its reason, though the result had none', () => {
    const { drafts } = live(fromLetters('US'));
    expect(drafts.at(-1)).toMatchObject({
      event: 'slow',
      status: 'degraded',
      summary: 'mean of the last run is 1 s, above 500 ms (slow)',
      reason: { code: 'slow', status: 'degraded', expected: 500, got: 1000 },
    });
  });

  it('of degradation has its own reason first', () => {
    const slow = reason({ status: 'degraded', code: 'slow' });
    const expiring = reason({ status: 'degraded', code: 'expiring' });
    const { drafts } = live([result(0, { status: 'degraded', reason: slow, reasons: [slow, expiring] })]);
    expect(drafts.at(-1)).toMatchObject({ event: 'degraded', reason: expiring, reasons: [expiring, slow] });
  });

  it('of first, unknown and result has the status of that one probe', () => {
    expect(live(fromLetters('D'), { down_after: 2 }).drafts[0]).toMatchObject({
      event: 'first',
      status: 'down',
      failures: 1,
    });
    expect(live(fromLetters('U?')).drafts[1]).toMatchObject({
      event: 'unknown',
      status: 'unknown',
      previous: { status: 'up' },
    });
    const before = live(fromLetters('U')).record;
    const { record } = live(fromLetters('UD').slice(1), { down_after: 2 }, before);
    const [, failing] = fromLetters('UD');
    expect(draftResult(failing ?? result(1), before, record)).toMatchObject({
      event: 'result',
      status: 'down',
      previous: { status: 'up' },
      failures: 1,
    });
    expect(record.status).toBe('up');
  });

  it('survives a clock that was set back: an incident lasts no negative time', () => {
    const { drafts } = live([...fromLetters('UD'), result(-60)]);
    expect(drafts.at(-1)?.incident).toMatchObject({ duration_s: 0 });
  });
});

describe('a record', () => {
  it('remembers at most twenty results for the sparkline', () => {
    const { recent } = live(fromLetters('U'.repeat(18) + 'W?D')).record;
    expect(recent.letters).toBe('U'.repeat(17) + 'W?D');
    expect(recent.durations).toHaveLength(20);
    expect(recent.durations.at(-2)).toBeNull();
  });

  it('is small: 10,000 services are a few megabytes', () => {
    const plain = live(fromLetters('U'.repeat(30)), { slow_window: 3 }).record;
    expect(JSON.stringify(plain).length).toBeLessThan(900);
  });

  it('says whether there is something to commit', () => {
    expect(live(fromLetters('UUDD?')).decisions.map(({ changed }) => changed)).toEqual([
      true,
      false,
      true,
      false,
      true,
    ]);
  });
});

describe('a record that was damaged', () => {
  const decided = (letter: string) => {
    const about = { before: null, mayBeDown: true, policy: POLICY, hooks: NO_HOOKS, files: FILES };
    return decide({ ...about, result: fromLetter(letter, 0) }).drafts.map(({ event, cause }) => [
      event,
      cause,
    ]);
  };
  it('of a service that may have been announced down: an on_up is owed once it works', () => {
    expect(decided('U')).toEqual([
      ['first', null],
      ['up', 'state_lost'],
    ]);
  });
  it('is no reason to keep quiet about one that is down', () => {
    expect(decided('D').map(([event]) => event)).toEqual(['first', 'down']);
  });
});
