import { describe, expect, test } from 'vitest';
import { decide } from '../../lib/decide/decide.ts';
import { draftResult } from '../../lib/decide/draft.ts';
import { decideRemoved } from '../../lib/decide/removed.ts';
import type { Draft } from '../../lib/words/draft.ts';
import { FLAPPING_LIMITS, type Hold } from '../../lib/words/policy.ts';
import type { ServiceRecord } from '../../lib/words/record.ts';
import { FILES, fromLetter, fromLetters, live, NO_HOOKS, policyOf, result, type Written } from './story.ts';

const UPDATE: Hold = { kind: 'maintenance', cause: 'kernel update', until: null };
const GW: Hold = { kind: 'dependency', cause: 'gw', until: null };
const PLAIN: Hold = { kind: 'silence', cause: '', until: null };

/** Letters with what holds at each of them; decisions of them all. */
function story(steps: readonly (readonly [string, Hold | null])[], policy: Written = {}) {
  const drafts: Draft[] = [];
  let before: ServiceRecord | null = null;
  for (const [minute, [letter, hold]] of steps.entries()) {
    const about = { policy: policyOf(policy), hooks: NO_HOOKS, files: FILES };
    const decision = decide({ ...about, result: fromLetter(letter, minute), before, hold });
    before = decision.record;
    drafts.push(...decision.drafts);
  }
  if (before === null) throw new Error('a story needs a step');
  return { drafts, record: before };
}

describe('what a hold lets out at its end', () => {
  test('has the since, the incident and the status of before it, and names the hold', () => {
    const { drafts } = story([
      ['U', null],
      ['D', UPDATE],
      ['D', UPDATE],
      ['D', null],
    ]);
    expect(drafts.at(-1)).toMatchObject({
      event: 'down',
      cause: 'maintenance: kernel update',
      since: '2026-11-21T12:01:00.000Z',
      time: '2026-11-21T12:03:00.000Z',
      failures: 3,
      incident: { started: '2026-11-21T12:01:00.000Z', ended: null },
      previous: { status: 'up', since: '2026-11-21T12:00:00.000Z', time: '2026-11-21T12:00:00.000Z' },
      summary: 'refused (refused); down for 2m, held back until now',
    });
  });

  test.each<[string, readonly (readonly [string, Hold | null])[], string | null]>([
    [
      'the last of several',
      [
        ['U', null],
        ['D', UPDATE],
        ['D', GW],
        ['D', null],
      ],
      'dependency: gw',
    ],
    [
      'one without a word',
      [
        ['U', null],
        ['D', PLAIN],
        ['D', null],
      ],
      'silence',
    ],
    [
      'slow',
      [
        ['U', null],
        ['S', GW],
        ['S', null],
      ],
      'dependency: gw',
    ],
    [
      'degraded',
      [
        ['U', null],
        ['W', GW],
        ['W', null],
      ],
      'dependency: gw',
    ],
    [
      'unknown',
      [
        ['U', null],
        ['?', GW],
        ['?', null],
      ],
      'dependency: gw',
    ],
    [
      'after an unknown result',
      [
        ['U', null],
        ['D', GW],
        ['?', null],
        ['D', null],
      ],
      'dependency: gw',
    ],
    [
      'nothing, when it began after it',
      [
        ['U', null],
        ['U', GW],
        ['D', null],
      ],
      null,
    ],
    [
      'nothing, when it was over in between',
      [
        ['U', GW],
        ['D', GW],
        ['U', GW],
        ['D', null],
      ],
      null,
    ],
  ])('names %s', (_, steps, cause) => {
    expect(story(steps).drafts.at(-1)?.cause).toBe(cause);
  });

  test('names nothing when the failures began inside and it was confirmed after it', () => {
    const { drafts } = story(
      [
        ['U', null],
        ['D', UPDATE],
        ['D', null],
      ],
      { down_after: 2 },
    );
    expect(drafts.at(-1)).toMatchObject({ event: 'down', cause: null, since: '2026-11-21T12:01:00.000Z' });
  });

  test('names flapping', () => {
    const { drafts } = live(fromLetters(`UDUDUDU${'D'.repeat(17)}`), { flapping: FLAPPING_LIMITS });
    expect(drafts.at(-2)).toMatchObject({ event: 'flapping', cause: 'stopped', status: 'down' });
    expect(drafts.at(-1)).toMatchObject({ event: 'down', cause: 'flapping', previous: { status: 'up' } });
    expect(drafts.find(({ event }) => event === 'flapping')).toMatchObject({
      cause: 'started',
      status: 'up',
      summary: 'started flapping: 6 times up or down in its last 20 runs',
    });
  });
});

describe('a held outage', () => {
  test('has an incident, which on_result tells of, and which ends with it', () => {
    const up = live(fromLetters('U')).record;
    const about = { policy: policyOf(), hooks: NO_HOOKS, files: FILES, hold: UPDATE };
    const down = decide({ ...about, result: fromLetter('D', 1), before: up });
    expect(down).toMatchObject({
      drafts: [],
      changed: true,
      record: { status: 'down', told: { down: false } },
    });
    expect(draftResult(fromLetter('D', 1), up, down.record, 60_000)).toMatchObject({
      status: 'down',
      gap_ms: 60_000,
      incident: { started: '2026-11-21T12:01:00.000Z' },
    });
    const back = decide({ ...about, result: fromLetter('U', 2), before: down.record });
    expect(back).toMatchObject({ drafts: [], record: { status: 'up', incident: null } });
    expect(back.record.owed).toBeUndefined();
  });

  test('that may have been announced, in a memory that was damaged, is owed its on_up all the same', () => {
    const about = { policy: policyOf(), hooks: NO_HOOKS, files: FILES };
    const lost = { ...about, before: null, mayBeDown: true, hold: UPDATE };
    const unknown = decide({ ...lost, result: fromLetter('?', 0) });
    const down = decide({ ...about, hold: UPDATE, before: unknown.record, result: fromLetter('D', 1) });
    expect(down.drafts.map(({ event }) => event)).toEqual(['first']);
    const back = decide({ ...about, hold: UPDATE, before: down.record, result: fromLetter('U', 2) });
    expect(back.drafts).toMatchObject([{ event: 'up', cause: 'state_lost' }]);
    const { run, time } = result(3);
    const gone = decideRemoved({ record: down.record, cause: 'removed', time, run });
    expect(gone.drafts).toMatchObject([{ event: 'up', cause: 'removed' }]);
  });
});

describe('a record of the first version', () => {
  test('goes on where it was', () => {
    const { record } = live(fromLetters('UD'), { flapping: FLAPPING_LIMITS });
    const { announced, flips, ...old } = record;
    expect([announced, flips]).toEqual(['2026-11-21T12:01:00.000Z', '1']);
    const remind = { every_ms: 300_000, factor: 1, max_ms: null };
    const at = (minute: number) => live([fromLetter('D', minute)], { remind }, old).drafts;
    expect(at(3)).toEqual([]);
    expect(at(6)).toMatchObject([{ event: 'reminder', incident: { reminders: 1 } }]);
    expect(live([fromLetter('U', 3)], {}, old).drafts.map(({ event }) => event)).toEqual(['up']);
  });
});

describe('a reminder', () => {
  const remind = { every_ms: 300_000, factor: 1, max_ms: null };

  test('counts in the incident, to its end', () => {
    const { drafts } = live(fromLetters(`U${'D'.repeat(12)}U`), { remind });
    expect(drafts.map(({ event, incident }) => [event, incident?.reminders])).toEqual([
      ['first', undefined],
      ['down', 0],
      ['reminder', 1],
      ['reminder', 2],
      ['up', 2],
    ]);
    expect(drafts[2]).toMatchObject({ status: 'down', summary: 'still down after 5m: refused (refused)' });
  });

  test('comes a little early rather than a run late, and at once when the clock was set back', () => {
    const { record } = live(fromLetters('UD'), { remind });
    const early = { ...fromLetter('D', 5), time: '2026-11-21T12:05:31.000Z' };
    expect(live([early], { remind }, record).drafts.map(({ event }) => event)).toEqual(['reminder']);
    expect(live([fromLetter('D', 5)], { remind }, record).drafts).toEqual([]);
    expect(live([fromLetter('D', -60)], { remind }, record).drafts).toMatchObject([{ event: 'reminder' }]);
  });
});
