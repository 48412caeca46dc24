import { describe, expect, it } from 'vitest';
import { decide } from '../../lib/decide/decide.ts';
import { draftResult } from '../../lib/decide/draft.ts';
import { FILES, fromLetter, fromLetters, live, NO_HOOKS, POLICY, reason, result } from './story.ts';

describe('unknown', () => {
  it('moves nothing that is remembered of the service', () => {
    const before = live(fromLetters('UDW')).record;
    const { record } = live([fromLetter('?', 3)], {}, before);
    const { started, unknown, recent } = record;
    expect(record).toEqual({ ...before, started, unknown, recent });
    expect(unknown).toMatchObject({ since: '2026-11-21T12:03:00.000Z' });
    expect(started).toBe('2026-11-21T12:03:00.000Z');
  });
});

describe('the mean of slow_window runs', () => {
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

describe('a limit for a phase', () => {
  const slow = { slow: { total: 1000, first_byte: 100, tls: 50 }, slow_window: 2 };
  const took = (minute: number, first_byte_ms: number | null, tls_ms: number | null, duration_ms = 200) => {
    const { timings } = result(minute);
    return result(minute, { duration_ms, timings: { ...timings, first_byte_ms, tls_ms } });
  };

  it('makes it slow though the whole is fast, and the reason names the phase', () => {
    const { drafts } = live([took(0, 120, null)], slow);
    expect(drafts.at(-1)).toMatchObject({
      event: 'slow',
      status: 'degraded',
      summary: 'mean first byte of the last run is 120 ms, above 100 ms (slow)',
      reason: { code: 'slow', phase: 'protocol', expected: 100, got: 120 },
    });
  });

  it('is one on_slow with a reason for each, and ends when all are at 80 %', () => {
    const results = [took(0, 120, 60, 1200), took(1, 40, 60), took(2, 40, 60), took(3, 40, 20)];
    const { drafts, record } = live(results, slow);
    expect(drafts.map(({ event }) => event)).toEqual(['first', 'slow', 'restore']);
    expect(drafts[1]?.reasons.map(({ phase }) => phase)).toEqual(['expect', 'tls', 'protocol']);
    expect(record.phases).toEqual({ tls: [60, 20], first_byte: [40, 40] });
    expect(drafts[2]?.time).toBe(results[3]?.time);
  });

  it('has no use for probes without that phase', () => {
    const { record } = live([took(0, 40, 60), took(1, null, null)], slow);
    expect(record.slow).toEqual(['tls']);
    expect(record.phases).toEqual({ tls: [60], first_byte: [40] });
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
