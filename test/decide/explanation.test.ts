import { describe, expect, test } from 'vitest';
import { type ExplainInput, explainDecision, type Explanation } from '../../lib/decide/explanation.ts';
import { FLAPPING_LIMITS, type Hold } from '../../lib/words/policy.ts';
import { FILES, fromLetters, live, NO_HOOKS, policyOf, type Written } from './story.ts';

const MAINTENANCE: Hold = {
  kind: 'maintenance',
  cause: 'kernel update',
  until: '2026-11-21T14:00:00.000Z',
};

function explained(letters: string, policy: Written = {}, more: Partial<ExplainInput> = {}): Explanation {
  const results = fromLetters(letters);
  const result = results.at(-1);
  if (result === undefined) throw new Error('no result');
  const before = results.length === 1 ? null : live(results.slice(0, -1), policy).record;
  const about = { hooks: NO_HOOKS, files: FILES, interval_ms: 60_000 };
  return explainDecision({ ...about, result, before, policy: policyOf(policy), ...more });
}

const textsOf = ({ next }: Explanation) => next.map(({ text }) => text);
const NEXT_RUN = 'at 2026-11-21T12:0';

describe('a decision explained', () => {
  test('says how many failures there are, and when it would be announced', () => {
    const said = explained('UDD', { down_after: 3 });
    expect(said).toMatchObject({ now: [], told: ['nothing is announced'], holds: ['nothing holds it'] });
    expect(said.counts.slice(0, 2)).toEqual([
      '2 of 3 failures in a row',
      'up since 2026-11-21T12:00:00.000Z, until that is confirmed',
    ]);
    expect(said.next[0]).toMatchObject({ event: 'down', runs: 1, at: '2026-11-21T12:03:00.000Z' });
    expect(textsOf(said)).toEqual([`on_down with the next failing run, ${NEXT_RUN}3:00.000Z`]);
    expect(textsOf(explained('UDD', { down_after: 3 }, { interval_ms: null }))).toEqual([
      'on_down with the next failing run',
    ]);
  });

  test('also of a first result, and within a window of runs', () => {
    expect(explained('D', { down_after: 2 }).counts).toEqual(['1 of 2 failures in a row']);
    const said = explained('UDUD', { down_after: '3/5' });
    expect(said.counts[0]).toBe('2 of 3 failures within 5 runs');
    expect(textsOf(said)).toEqual([`on_down with the next failing run, ${NEXT_RUN}4:00.000Z`]);
  });

  test('says what this result gives rise to, and what is told', () => {
    const said = explained('UD', { remind: { every_ms: 1_800_000, factor: 1, max_ms: null }, up_after: 2 });
    expect(said.now).toEqual(['down']);
    expect(said.counts[0]).toBe('down since 2026-11-21T12:01:00.000Z, 1 failing run');
    expect(said.told).toEqual(['announced down, last at 2026-11-21T12:01:00.000Z']);
    expect(textsOf(said)).toEqual([
      `on_up after 2 more good runs, ${NEXT_RUN}3:00.000Z`,
      'on_reminder at 2026-11-21T12:31:00.000Z, if it is still down then',
    ]);
  });

  test('names what holds it, and what does not', () => {
    const parents = [
      { name: 'gw', state: 'working' },
      { name: 'line', state: 'not_known' },
    ] as const;
    const said = explained('UD', {}, { hold: MAINTENANCE, parents });
    expect(said.now).toEqual([]);
    expect(said.holds).toEqual([
      'parent gw is working',
      'parent line is not known',
      'maintenance: kernel update, until 2026-11-21T14:00:00.000Z',
    ]);
    expect(textsOf(said)).toEqual([
      'on_down when maintenance: kernel update is over, if it is still down then',
    ]);
    expect(explained('U', {}, { parents }).holds.at(-1)).toBe('nothing holds it');
  });

  test('says how slow it is, phase by phase', () => {
    const slow = { slow: { total: 500, first_byte: 50 }, slow_window: 3 };
    expect(explained('US', slow).counts).toEqual([
      'degraded since 2026-11-21T12:01:00.000Z',
      'mean of the last 2 runs is 550 ms, slow until 400 ms',
      'mean first byte of the last 2 runs is 40 ms, slow above 50 ms',
    ]);
    expect(explained('S').told).toEqual(['announced slow']);
    expect(textsOf(explained('S'))).toContain(`on_restore with the next good run, ${NEXT_RUN}1:00.000Z`);
  });

  test('says how near it is to flapping, and that it flaps', () => {
    const flapping = { flapping: FLAPPING_LIMITS };
    expect(explained('UDUD', flapping).counts.at(-1)).toBe(
      '18 % of the last 20 runs changed sides, it flaps from 30 % on',
    );
    const said = explained('UDUDUDUD', flapping);
    expect(said.counts.at(-1)).toContain('it flaps until 20 %');
    expect(said.holds).toEqual(['flapping since 2026-11-21T12:06:00.000Z']);
    expect(said.next).toMatchObject([{ event: 'down', runs: 16 }]);
  });

  test('says that it cannot tell', () => {
    expect(explained('D?').counts[0]).toBe(
      'unknown since 2026-11-21T12:01:00.000Z: it counts as down as before',
    );
    expect(explained('?').counts).toEqual([
      'unknown since 2026-11-21T12:00:00.000Z: nothing is known of it yet',
    ]);
  });
});
