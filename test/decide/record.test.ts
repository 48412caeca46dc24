import { describe, expect, it } from 'vitest';
import { readRecord } from '../../lib/decide/record.ts';
import { fromLetters, live } from './story.ts';

const record = live(fromLetters('1W?D')).record;
const copy = (): Record<string, unknown> => JSON.parse(JSON.stringify(record));

const LATER = ['outcomes', 'announced', 'held', 'owed', 'flips', 'flapping', 'phases'];

describe('a record read back', () => {
  it('is what was written', () => {
    expect(readRecord(copy())).toEqual(record);
  });

  it('may have keys of a later version', () => {
    expect(readRecord({ ...copy(), later: 1 })).toMatchObject({ service: 'cache', later: 1 });
  });

  it('is none when any of its parts is missing', () => {
    const first = Object.keys(record).filter((key) => !LATER.includes(key));
    expect(first).toHaveLength(24);
    for (const key of first) {
      const damaged = copy();
      Reflect.deleteProperty(damaged, key);
      expect(readRecord(damaged), key).toBeNull();
    }
  });

  it('may lack what the first version did not have', () => {
    const old = Object.fromEntries(Object.entries(copy()).filter(([key]) => !LATER.includes(key)));
    expect(readRecord(old)).toEqual(old);
  });

  it.each([
    ['no map', [1]],
    ['nothing', null],
    ['a text', 'up'],
  ])('is none when it is %s', (_, value) => {
    expect(readRecord(value)).toBeNull();
  });

  it.each<[string, unknown]>([
    ['status', 'fine'],
    ['since', 'yesterday'],
    ['started', 12],
    ['streak', { failing: 1, count: 1, since: record.since }],
    ['told', { down: true }],
    ['window', ['1']],
    ['recent', { letters: 'U', durations: ['1'] }],
    ['seq', Number.NaN],
    ['baseline', { answer: 'x' }],
    ['outcomes', [{ failing: 'yes', time: record.since }]],
    ['flips', '0x'],
    ['held', { kind: 'mood', cause: '', since: record.since }],
    ['owed', { cause: '', previous: {} }],
    ['phases', { tls: ['1'] }],
  ])('is none when %s is not what it should be', (key, value) => {
    expect(readRecord({ ...copy(), [key]: value })).toBeNull();
  });
});
