import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide, type Decision } from '../../lib/decide/decide.ts';
import { readRecord } from '../../lib/decide/record.ts';
import { decideRemoved } from '../../lib/decide/removed.ts';
import type { Draft } from '../../lib/words/draft.ts';
import { FLAPPING_LIMITS, type Hold } from '../../lib/words/policy.ts';
import type { ServiceRecord } from '../../lib/words/record.ts';
import { FILES, fromLetter, NO_HOOKS, policyOf, result, type Written } from './story.ts';

interface Step {
  readonly letter: string;
  readonly held: Hold['kind'] | null;
}

const holds = fc.constantFrom<Step['held'][]>(null, 'maintenance', 'silence', 'dependency', 'isolation');
/** Some results in a row with the same hold or none, so that holds last. */
const spells = fc.tuple(
  fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: holds }),
  fc.array(fc.constantFrom('U', 'U', 'D', 'D', 'D', 'S', 'W', 'B', '?', '1', '2'), {
    minLength: 1,
    maxLength: 8,
  }),
);
const steps: fc.Arbitrary<readonly Step[]> = fc
  .array(spells, { minLength: 1, maxLength: 12 })
  .map((all) => all.flatMap(([held, letters]) => letters.map((letter) => ({ letter, held }))));
const quorum = fc.constantFrom(1, 1, 2, 3, '2/3', '3/5');
const policies: fc.Arbitrary<Written> = fc.record({
  down_after: quorum,
  up_after: quorum,
  slow_window: fc.integer({ min: 1, max: 4 }),
  remind: fc.constantFrom(
    null,
    { every_ms: 120_000, factor: 1, max_ms: null },
    { every_ms: 60_000, factor: 2, max_ms: 240_000 },
  ),
  flapping: fc.constantFrom(null, FLAPPING_LIMITS, { high: 15, low: 10 }),
});

/** One step with what is remembered. */
function decideStep(
  { letter, held }: Step,
  minute: number,
  before: ServiceRecord | null,
  policy: Written,
): Decision {
  const hold = held === null ? null : { kind: held, cause: 'why', until: null };
  const about = { policy: policyOf(policy), hooks: NO_HOOKS, files: FILES };
  return decide({ ...about, result: fromLetter(letter, minute), before, hold });
}

interface Moment extends Decision {
  readonly step: Step;
  readonly before: ServiceRecord | null;
}

/** All of it, one decision after the other; `remember` is what becomes of a record between them. */
function live(
  story: readonly Step[],
  policy: Written,
  remember = (moment: Moment): ServiceRecord | null => moment.record,
): readonly Moment[] {
  const moments: Moment[] = [];
  let before: ServiceRecord | null = null;
  for (const [minute, step] of story.entries()) {
    const moment: Moment = { ...decideStep(step, minute, before, policy), step, before };
    moments.push(moment);
    before = remember(moment);
  }
  return moments;
}

const draftsOf = (moments: readonly Moment[]) => moments.flatMap(({ drafts }) => drafts);
const kinds = (drafts: readonly Draft[]) => drafts.map(({ event }) => event);
const edgesOf = (drafts: readonly Draft[]) =>
  kinds(drafts).filter((kind) => kind === 'down' || kind === 'up');

function always(check: (moments: readonly Moment[], policy: Written, story: readonly Step[]) => void): void {
  fc.assert(fc.property(steps, policies, (story, policy) => check(live(story, policy), policy, story)));
}

describe('whatever the results, the holds and the policy', () => {
  test('down and up alternate, beginning with down, and what is remembered as told is what was told', () => {
    always((moments) => {
      const edges = edgesOf(draftsOf(moments));
      edges.forEach((kind, at) => expect(kind).toBe(at % 2 === 0 ? 'down' : 'up'));
      expect(moments.at(-1)?.record.told.down).toBe(edges.at(-1) === 'down');
    });
  });

  test('a removal at any time pays the on_up that is owed, and only then', () => {
    always((moments) => {
      const record = moments.at(-1)?.record;
      if (record === undefined) return;
      const { run, time } = result(moments.length);
      const owed = decideRemoved({ record, cause: 'removed', time, run });
      const all = kinds([...draftsOf(moments), ...owed.drafts]);
      expect(all.filter((kind) => kind === 'up')).toHaveLength(all.filter((kind) => kind === 'down').length);
      expect(readRecord(JSON.parse(JSON.stringify(owed.record)))).toEqual(owed.record);
    });
  });

  test('announcements are never about unknown', () => {
    always((moments) => {
      for (const { drafts, step, record } of moments) {
        for (const { event, status } of drafts) {
          expect(status === 'unknown').toBe(event === 'unknown');
          if (step.letter === '?') expect(event).toBe('unknown');
          if (event === 'down' || event === 'reminder') expect([status, step.letter]).toEqual(['down', 'D']);
          if (event === 'up') expect(['up', 'degraded']).toContain(status);
          if (event !== 'first' && event !== 'unknown') expect(status).toBe(record.status);
        }
      }
    });
  });

  test('while something holds, only what is over is told', () => {
    always((moments) => {
      for (const { drafts, step } of moments) {
        if (step.held !== null)
          for (const { event } of drafts) expect(['first', 'up', 'restore']).toContain(event);
      }
    });
  });

  test('what is owed is paid by the first failing result when nothing holds', () => {
    always((moments) => {
      for (const { record, step } of moments) {
        if (step.letter === 'D' && record.held === undefined) {
          expect(record.told.down).toBe(record.status === 'down');
          expect(record.owed).toBeUndefined();
        }
      }
    });
  });

  test('an on_down begins where its incident does, and its on_up ends the same one', () => {
    always((moments) => {
      let open: string | null = null;
      for (const { event, incident, since, time } of draftsOf(moments)) {
        if (event === 'down') open = incident?.started ?? 'none';
        if (event === 'down') expect(since).toBe(open);
        if (event === 'up') expect(incident).toMatchObject({ started: open, ended: time });
      }
    });
  });

  test('flapping starts and stops in turns; between them no on_down, no on_up', () => {
    always((moments) => {
      let flapping = false;
      for (const { event, cause } of draftsOf(moments)) {
        if (event === 'flapping') expect(cause).toBe(flapping ? 'stopped' : 'started');
        if (event === 'flapping') flapping = !flapping;
        if (event === 'down' || event === 'up' || event === 'reminder') expect(flapping).toBe(false);
      }
      expect(moments.at(-1)?.record.flapping !== undefined).toBe(flapping);
    });
  });

  test('reminders are counted, and come no faster than asked for', () => {
    always((moments, { remind }) => {
      let last = 0;
      let count = 0;
      for (const { event, incident, time } of draftsOf(moments)) {
        const now = Date.parse(time);
        if (event === 'reminder') {
          count += 1;
          expect(incident?.reminders).toBe(count);
          expect(now - last).toBeGreaterThanOrEqual((remind?.every_ms ?? Infinity) * 0.9);
        }
        if (event === 'up') expect(incident?.reminders).toBe(count);
        if (event === 'down') count = 0;
        if (event === 'down' || event === 'reminder') last = now;
      }
    });
  });

  test('a restore follows a slow or degraded, and none is told twice without it', () => {
    always((moments) => {
      let owed = false;
      for (const { event } of draftsOf(moments)) {
        if (event === 'restore') expect(owed).toBe(true);
        if (event === 'restore') owed = false;
        if (event === 'slow' || event === 'degraded') owed = true;
      }
      expect(moments.at(-1)?.record.told.degraded).toBe(owed);
    });
  });

  test('first comes first, and once', () => {
    always((moments, _, story) => {
      const all = kinds(draftsOf(moments)).filter((kind) => kind !== 'unknown');
      const isKnown = story.some(({ letter }) => letter !== '?');
      expect(all.filter((kind) => kind === 'first')).toHaveLength(isKnown ? 1 : 0);
      if (all.length > 0) expect(all[0]).toBe('first');
    });
  });

  test('unknown results change nothing but on_unknown', () => {
    always((moments, policy, story) => {
      const known = [...story.entries()].filter(([, { letter }]) => letter !== '?');
      let before: ServiceRecord | null = null;
      const told: Draft[] = [];
      for (const [minute, step] of known) {
        const { record, drafts } = decideStep(step, minute, before, policy);
        before = record;
        told.push(...drafts);
      }
      expect(draftsOf(moments).filter(({ event }) => event !== 'unknown')).toEqual(told);
    });
  });

  test('the same input gives the same output, and nothing that it was given is altered', () => {
    always((moments, policy, story) => {
      const given = JSON.stringify(moments);
      expect(live(story, policy)).toEqual(moments);
      expect(JSON.stringify(moments)).toBe(given);
    });
  });

  test('a record stays small', () => {
    always((moments) => {
      for (const { record } of moments) {
        expect(JSON.stringify(record).length).toBeLessThan(3000);
        expect(record.outcomes?.length ?? 0).toBeLessThanOrEqual(5);
        expect(record.flips?.length ?? 0).toBeLessThanOrEqual(20);
      }
    });
  });
});

describe('a crash', () => {
  test('between any two runs changes nothing, when memory went to disk and back', () => {
    always((moments, policy, story) => {
      const read = live(story, policy, ({ record }) => readRecord(JSON.parse(JSON.stringify(record))));
      expect(read.map(({ record, drafts }) => ({ record, drafts }))).toEqual(
        moments.map(({ record, drafts }) => ({ record, drafts })),
      );
    });
  });

  test('is decided again the same way, from the last commit on: nothing but repeats', () => {
    always((moments, policy, story) => {
      const committed = moments.findLastIndex(({ drafts }) => drafts.length > 0);
      const from = moments[committed]?.record ?? null;
      let before = from;
      for (const [minute, step] of story.entries()) {
        if (minute <= committed) continue;
        const again = decideStep(step, minute, before, policy);
        expect(again).toEqual({ ...again, record: moments[minute]?.record, drafts: moments[minute]?.drafts });
        before = again.record;
      }
    });
  });

  test('of any runs, with memory lost back to the last commit, leaves announcements paired', () => {
    fc.assert(
      fc.property(
        steps,
        policies,
        fc.array(fc.boolean(), { minLength: 100, maxLength: 100 }),
        (story, policy, crashes) => {
          let committed: ServiceRecord | null = null;
          let minute = 0;
          const moments = live(story, policy, ({ record, drafts }) => {
            if (drafts.length > 0) committed = record;
            minute += 1;
            return crashes[minute % crashes.length] === true ? committed : record;
          });
          edgesOf(draftsOf(moments)).forEach((kind, at) => expect(kind).toBe(at % 2 === 0 ? 'down' : 'up'));
        },
      ),
    );
  });

  test('loses no announcement: what is told moves only with an event, and an incident begins with a commit', () => {
    always((moments) => {
      for (const { before, record, drafts, changed } of moments) {
        if ((before?.told.down ?? false) !== record.told.down) expect(edgesOf(drafts)).toHaveLength(1);
        if ((before?.incident ?? null) === null && record.incident !== null) expect(changed).toBe(true);
        if (drafts.length > 0) expect(changed).toBe(true);
      }
    });
  });

  test('that damaged the memory of an outage owes an on_up, whenever it works again', () => {
    fc.assert(
      fc.property(steps, policies, (story, policy) => {
        const lost = { mayBeDown: true, policy: policyOf(policy), hooks: NO_HOOKS, files: FILES };
        const drafts: Draft[] = [];
        let before: ServiceRecord | null = null;
        for (const [minute, { letter, held }] of story.entries()) {
          const hold = held === null ? null : { kind: held, cause: '', until: null };
          const decision = decide({
            ...lost,
            result: fromLetter(letter, minute),
            before,
            hold,
            mayBeDown: before === null,
          });
          before = decision.record;
          drafts.push(...decision.drafts);
        }
        const edges = edgesOf(drafts);
        if (edges[0] === 'up') expect(drafts.find(({ event }) => event === 'up')?.cause).toBe('state_lost');
        const works = before !== null && (before.status === 'up' || before.status === 'degraded');
        if (works) expect(edges.at(-1)).toBe('up');
      }),
    );
  });
});
