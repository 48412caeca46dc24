import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Draft } from '../../lib/words/draft.ts';
import { readRecord } from '../../lib/decide/record.ts';
import { decideRemoved } from '../../lib/decide/removed.ts';
import { fromLetter, live, result, type Written } from './story.ts';

const letters = fc.array(fc.constantFrom('U', 'S', 'W', 'B', 'D', '?', '1', '2'), {
  minLength: 1,
  maxLength: 60,
});
const policies: fc.Arbitrary<Written> = fc.record({
  down_after: fc.integer({ min: 1, max: 4 }),
  up_after: fc.integer({ min: 1, max: 4 }),
  slow_window: fc.integer({ min: 1, max: 4 }),
});

const story = (sequence: readonly string[], policy: Written) => live(sequence.map(fromLetter), policy);
const kinds = (drafts: readonly Draft[]) => drafts.map(({ event }) => event);

describe('whatever the results', () => {
  it('down and up alternate, beginning with down, and an open down is what is remembered', () => {
    fc.assert(
      fc.property(letters, policies, (sequence, policy) => {
        const { drafts, record } = story(sequence, policy);
        const edges = kinds(drafts).filter((kind) => kind === 'down' || kind === 'up');
        edges.forEach((kind, at) => expect(kind).toBe(at % 2 === 0 ? 'down' : 'up'));
        expect(record.told.down).toBe(edges.at(-1) === 'down');
        expect(record.status === 'down').toBe(record.told.down);
        expect(record.incident !== null).toBe(record.told.down);
      }),
    );
  });

  it('a removal pays the on_up that is owed, and only then', () => {
    fc.assert(
      fc.property(letters, policies, (sequence, policy) => {
        const { drafts, record } = story(sequence, policy);
        const { run, time } = result(sequence.length);
        const owed = decideRemoved({ record, cause: 'removed', time, run }).drafts;
        const all = kinds([...drafts, ...owed]);
        expect(all.filter((kind) => kind === 'up')).toHaveLength(
          all.filter((kind) => kind === 'down').length,
        );
      }),
    );
  });

  it('a restore follows a slow or degraded, and each says so once until then', () => {
    fc.assert(
      fc.property(letters, policies, (sequence, policy) => {
        let owed = false;
        for (const kind of kinds(story(sequence, policy).drafts)) {
          if (kind === 'restore') expect(owed).toBe(true);
          if (kind === 'restore') owed = false;
          if (kind === 'slow' || kind === 'degraded') owed = true;
        }
      }),
    );
  });

  it('first comes first, and once', () => {
    fc.assert(
      fc.property(letters, policies, (sequence, policy) => {
        const all = kinds(story(sequence, policy).drafts).filter((kind) => kind !== 'unknown');
        expect(all.filter((kind) => kind === 'first')).toHaveLength(
          sequence.some((letter) => letter !== '?') ? 1 : 0,
        );
        if (all.length > 0) expect(all[0]).toBe('first');
      }),
    );
  });

  it('unknown results change nothing but on_unknown', () => {
    fc.assert(
      fc.property(letters, policies, (sequence, policy) => {
        const told = (from: readonly string[]) =>
          live(
            from.flatMap((letter, at) => (letter === '' ? [] : [fromLetter(letter, at)])),
            policy,
          ).drafts;
        fc.pre(sequence.some((letter) => letter !== '?'));
        const without = sequence.map((letter) => (letter === '?' ? '' : letter));
        expect(told(sequence).filter(({ event }) => event !== 'unknown')).toEqual(told(without));
      }),
    );
  });

  it('only on_first and on_unknown may tell what is not confirmed', () => {
    fc.assert(
      fc.property(letters, policies, (sequence, policy) => {
        for (const { drafts, record } of story(sequence, policy).decisions) {
          for (const draft of drafts) {
            if (draft.event === 'unknown') expect(draft.status).toBe('unknown');
            else if (draft.event !== 'first') expect(draft.status).toBe(record.status);
            if (draft.event === 'down') expect(draft.status).toBe('down');
            if (draft.event === 'up') expect(['up', 'degraded']).toContain(draft.status);
          }
        }
      }),
    );
  });

  it('the same input gives the same output, and nothing that it was given is altered', () => {
    fc.assert(
      fc.property(letters, policies, (sequence, policy) => {
        const results = sequence.map(fromLetter);
        const given = JSON.stringify(results);
        expect(live(results, policy)).toEqual(live(results, policy));
        expect(JSON.stringify(results)).toBe(given);
      }),
    );
  });

  it('memory that went to disk and back between any two results decides the same', () => {
    fc.assert(
      fc.property(letters, policies, fc.nat(), (sequence, policy, cut) => {
        const results = sequence.map(fromLetter);
        const at = cut % results.length;
        const whole = live(results, policy);
        if (at === 0) return;
        const half = live(results.slice(0, at), policy);
        const read = readRecord(JSON.parse(JSON.stringify(half.record)));
        const rest = live(results.slice(at), policy, read);
        expect([...half.drafts, ...rest.drafts]).toEqual(whole.drafts);
        expect(rest.record).toEqual(whole.record);
      }),
    );
  });
});
