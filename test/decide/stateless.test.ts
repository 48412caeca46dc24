import { describe, expect, it } from 'vitest';
import { draftRun } from '../../lib/decide/run-event.ts';
import { decideStateless } from '../../lib/decide/stateless.ts';
import { fromLetter, POLICY, reason, result } from './story.ts';

describe('without memory', () => {
  it.each([
    ['U', 'result'],
    ['D', 'result down'],
    ['S', 'result slow'],
    ['W', 'result degraded'],
    ['B', 'result slow degraded'],
    ['?', 'result unknown'],
  ])('%s runs %s, every time', (letter, hooks) => {
    const drafts = decideStateless(fromLetter(letter, 0), POLICY);
    expect(drafts.map(({ event }) => event).join(' ')).toBe(hooks);
    expect(drafts.every(({ incident, previous }) => incident === null && previous === null)).toBe(true);
  });

  it('a failing probe is not slow as well', () => {
    const slowFailure = { ...fromLetter('D', 0), duration_ms: 10_000 };
    expect(decideStateless(slowFailure, POLICY).map(({ event }) => event)).toEqual(['result', 'down']);
  });

  it('a degraded result without a reason is degraded all the same', () => {
    const drafts = decideStateless(result(0, { status: 'degraded' }), POLICY);
    expect(drafts.at(-1)).toMatchObject({ event: 'degraded', reason: null, reasons: [] });
  });

  it('a slow event says what was slow', () => {
    const why = reason({ status: 'degraded', code: 'slow' });
    const [, slow] = decideStateless(
      { ...fromLetter('S', 0), status: 'degraded', reasons: [why], reason: why },
      POLICY,
    );
    expect(slow).toMatchObject({ status: 'degraded', reason: { code: 'slow', got: 1000, expected: 500 } });
    expect(slow?.reasons).toHaveLength(1);
  });
});

describe('on_run', () => {
  const summary = {
    run: { id: 'r1', host: 'monitor', config: null },
    time: '2026-11-21T12:00:00.000Z',
    duration_ms: 1234,
    statuses: ['up', 'down', 'up', 'unknown'],
    events: 2,
    results_file: '/run/results.ndjson',
  } as const;

  it('counts, and has the worst status', () => {
    expect(draftRun(summary)).toMatchObject({
      event: 'run',
      service: 'puptime',
      type: 'run',
      status: 'down',
      summary: '4 services probed: 2 up, 1 down, 1 unknown',
      metrics: { services: 4, up: 2, degraded: 0, down: 1, unknown: 1, events: 2 },
      duration_ms: 1234,
      results_file: '/run/results.ndjson',
    });
  });

  it('is told of an empty run too', () => {
    expect(draftRun({ ...summary, statuses: [] })).toMatchObject({
      status: 'up',
      summary: '0 services probed',
    });
  });
});
