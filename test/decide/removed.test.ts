import { describe, expect, it } from 'vitest';
import { decideRemoved, leavingCause, type Roster } from '../../lib/decide/removed.ts';
import { FILES, fromLetters, live, result } from './story.ts';

const time = '2026-11-21T13:00:00.000Z';
const run = { id: 'r9', host: 'monitor', config: 'sha256:x' };
const down = live(fromLetters('UD')).record;
const roster = (files: readonly string[], services: Readonly<Record<string, boolean>> = {}): Roster => ({
  files,
  services: new Map(Object.entries(services)),
});

describe('a service has left', () => {
  it.each<[string, Roster, string | null]>([
    ['when the files that owned it do not have it any more', roster(FILES), 'removed'],
    ['in any order of them', roster(FILES.toReversed()), 'removed'],
    ['when it is disabled', roster(FILES, { cache: false }), 'disabled'],
    ['when it is disabled in other files', roster(['/x'], { cache: false }), 'disabled'],
    ['not when it is there', roster(FILES, { cache: true }), null],
    ['not when other files do not have it', roster(['/other.yaml']), null],
    ['not when more files do not have it', roster([...FILES, '/other.yaml']), null],
  ])('%s', (_, config, cause) => {
    expect(leavingCause(down, config)).toBe(cause);
  });

  it('only once', () => {
    const { record } = decideRemoved({ record: down, cause: 'removed', time, run });
    expect(leavingCause(record, roster(FILES))).toBeNull();
    expect(decideRemoved({ record, cause: 'removed', time, run })).toEqual({
      record,
      drafts: [],
      changed: false,
    });
  });
});

describe('a service that left', () => {
  it('while announced down gets its on_up with the cause, the incident ended, and its own words', () => {
    const about = { group: 'db', vars: { contact: 'ops' } };
    const { record } = live([...fromLetters('U'), { ...(fromLetters('UD')[1] ?? result(1)), ...about }]);
    const { drafts, changed } = decideRemoved({ record, cause: 'removed', time, run });
    expect(changed).toBe(true);
    expect(drafts).toHaveLength(1);
    expect(drafts[0]).toMatchObject({
      event: 'up',
      cause: 'removed',
      service: 'cache',
      status: 'unknown',
      summary: 'not watched any more (removed), down for 59m by then',
      target: 'redis://cache:6379',
      previous: { status: 'down' },
      incident: { started: '2026-11-21T12:01:00.000Z', ended: time, duration_s: 3540 },
      run,
      ...about,
    });
  });

  it('while not down leaves quietly', () => {
    for (const letters of ['U', 'W', 'S', '?']) {
      expect(
        decideRemoved({ record: live(fromLetters(letters)).record, cause: 'disabled', time, run }).drafts,
      ).toEqual([]);
    }
  });

  it('keeps its seq and the end of its chain', () => {
    const { record } = decideRemoved({ record: { ...down, seq: 7, id: 'e7' }, cause: 'removed', time, run });
    expect(record).toMatchObject({ seq: 7, id: 'e7', gone: time, told: { down: false } });
  });

  it('comes back without being a first, and its next outage is told', () => {
    const { record } = decideRemoved({ record: down, cause: 'disabled', time, run });
    expect(live([result(70)], {}, record).drafts).toEqual([]);
    const back = live(fromLetters('UD').slice(1), {}, record);
    expect(back.drafts.map(({ event }) => event)).toEqual(['down']);
    expect(back.record.gone).toBeNull();
  });
});
