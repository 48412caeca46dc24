import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addSilence, readSilences, removeEndedSilences, removeSilence } from '../../lib/state/silences.ts';
import type { State } from '../../lib/state/state-directory.ts';
import type { Silence } from '../../lib/words/silence.ts';
import { makePlace, openTestState, type Place } from '../deliver/fixture.ts';

let place: Place;
let state: State;
beforeEach(() => {
  place = makePlace();
  state = openTestState(place);
});
afterEach(() => place.remove());

const silence = (id: string, until = '2026-05-05T13:00:00.000Z'): Silence => ({
  schema: 'puptime.silence.v1',
  id,
  match: [[{ kind: 'name', value: 'web' }]],
  from: '2026-05-05T12:00:00.000Z',
  until,
  note: 'a note',
  by: 'kari',
});
const file = (name: string) => `${state.dir}/silences/${name}`;

describe('silences on disk', () => {
  test('none where there is no directory for them', () => {
    expect(readSilences(state)).toEqual([]);
  });

  test('come back as they were, those that end first before others', () => {
    const [late, soon] = [silence('00000001', '2026-06-01T00:00:00.000Z'), silence('00000002')];
    expect([addSilence(state, late), addSilence(state, soon)]).toEqual([true, true]);
    expect(readSilences(state)).toEqual([soon, late]);
    expect(place.reports).toEqual([]);
  });

  test('are for our eyes alone', () => {
    addSilence(state, silence('00000001'));
    expect([statSync(file('')).mode & 0o777, statSync(file('00000001.json')).mode & 0o777]).toEqual([
      0o700, 0o600,
    ]);
  });

  test('an id that is taken keeps its silence', () => {
    addSilence(state, silence('00000001'));
    expect(addSilence(state, { ...silence('00000001'), note: 'another' })).toBe(false);
    expect(readSilences(state)[0]?.note).toBe('a note');
    expect(readdirSync(file(''))).toEqual(['00000001.json']);
  });

  test('one that is taken away is gone', () => {
    addSilence(state, silence('00000001'));
    expect([removeSilence(state, '00000001'), removeSilence(state, '00000001')]).toEqual([true, false]);
    expect(readSilences(state)).toEqual([]);
  });

  test('one that ended stays for a day, for clocks that leap', () => {
    addSilence(state, silence('00000001'));
    const end = Date.parse('2026-05-05T13:00:00.000Z');
    removeEndedSilences(state, readSilences(state), end + 86_400_000);
    expect(readSilences(state)).toHaveLength(1);
    removeEndedSilences(state, readSilences(state), end + 86_400_001);
    expect(readSilences(state)).toEqual([]);
  });

  test.each([
    ['no JSON', '{"schema":'],
    ['nothing', ''],
    ['another’s id', JSON.stringify(silence('00000002'))],
    ['an end that is no time', JSON.stringify({ ...silence('00000001'), until: 'soon' })],
    ['a newer schema', JSON.stringify({ ...silence('00000001'), schema: 'puptime.silence.v2' })],
    ['no words in a list, which would be nobody', JSON.stringify({ ...silence('00000001'), match: [[]] })],
    ['an unknown word', JSON.stringify({ ...silence('00000001'), match: [[{ kind: 'x', value: 'y' }]] })],
    ['too much', JSON.stringify({ ...silence('00000001'), note: 'x'.repeat(70_000) })],
  ])('a damaged one is reported and passed over: %s', (_, text) => {
    addSilence(state, silence('0000000a'));
    writeFileSync(file('00000001.json'), text);
    expect(readSilences(state).map(({ id }) => id)).toEqual(['0000000a']);
    expect(place.reports).toEqual([expect.stringContaining('silences/00000001.json is damaged')]);
  });

  test('what is no file of ours is not read: a link, a directory, another name', () => {
    addSilence(state, silence('0000000a'));
    symlinkSync(file('0000000a.json'), file('00000001.json'));
    mkdirSync(file('00000002.json'));
    writeFileSync(file('notes.txt'), 'x');
    writeFileSync(file('00000003.json.00000003.tmp'), 'x');
    expect(readSilences(state).map(({ id }) => id)).toEqual(['0000000a']);
    expect(place.reports).toHaveLength(2);
  });
});
