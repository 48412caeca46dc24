import { describe, expect, it } from 'vitest';
import { parseSelector, showMatch, silenceFor } from '../../lib/schedule/silence.ts';
import { prepareQuiet } from '../../lib/schedule/quiet.ts';
import type { Silence } from '../../lib/words/silence.ts';
import type { Window } from '../../lib/words/window.ts';

const NOW = Date.parse('2026-05-05T12:00:00Z');
const SHOP = { name: 'shop/eu', group: 'web', tags: ['prod', 'eu'] };

function silence(words: readonly (readonly string[])[], until = '2026-05-05T13:00:00.000Z'): Silence {
  const match = words.map((list) => list.map(parseSelector));
  return {
    schema: 'puptime.silence.v1',
    id: '00000001',
    match,
    from: '2026-05-05T11:00:00.000Z',
    until,
    note: null,
    by: 'kari',
  };
}

describe('whom a silence is for: shop/eu of the group web, with the tags prod and eu', () => {
  it.each([
    ['its name', [['shop/eu']], true],
    ['another name', [['shop/us']], false],
    ['what a matrix was made of', [['shop']], true],
    ['the beginning of a name is none', [['sho']], false],
    ['a glob', [['sh*']], true],
    ['another glob', [['*us']], false],
    ['one character', [['shop/e?']], true],
    ['a tag', [['tag:prod']], true],
    ['another tag', [['tag:test']], false],
    ['a group', [['group:web']], true],
    ['another group', [['group:db']], false],
    ['one word of several will do', [['shop/us', 'tag:prod']], true],
    ['every list must', [['shop'], ['tag:test']], false],
    ['both do', [['shop'], ['tag:test', 'tag:eu']], true],
    ['no list: all services', [], true],
  ])('%s: %j is %s', (_, words, expected) => {
    expect(silenceFor(SHOP, [silence(words)], NOW) !== null).toBe(expected);
  });
});

describe('when', () => {
  it.each([
    ['before its end', '2026-05-05T12:00:00.001Z', true],
    ['no longer at its end', '2026-05-05T12:00:00.000Z', false],
  ])('%s', (_, until, expected) => {
    expect(silenceFor(SHOP, [silence([], until)], NOW) !== null).toBe(expected);
  });

  it('of several the one that lasts longest', () => {
    const ends = ['2026-05-05T13:00:00.000Z', '2026-05-05T15:00:00.000Z', '2026-05-05T14:00:00.000Z'];
    expect(
      silenceFor(
        SHOP,
        ends.map((end) => silence([], end)),
        NOW,
      )?.until,
    ).toBe(ends[1]);
  });
});

it.each([
  [[['web', 'shop/*', 'tag:prod', 'group:db']], 'web, shop/*, tag:prod, group:db'],
  [[['shop'], ['tag:test']], 'shop and tag:test'],
  [[], 'all services'],
])('%j is shown as it would be written', (words, expected) => {
  expect(showMatch(silence(words).match)).toBe(expected);
});

describe('windows and silences together', () => {
  const window = (hours: number): Window => ({
    kind: 'recurring',
    cron: '0 11 * * *',
    for_ms: hours * 3_600_000,
    zone: null,
    note: 'backup',
  });
  const quiet = async (windows: readonly Window[], silences: readonly Silence[]) => {
    const judge = await prepareQuiet({ silences, now: NOW, zone: 'UTC', windows: [windows] });
    return judge({ ...SHOP, maintenance: windows });
  };

  it('neither', async () => {
    expect(await quiet([], [])).toBeNull();
  });
  it('a window that is not open', async () => {
    expect(await quiet([window(1)], [])).toBeNull();
  });
  it('a window', async () => {
    const until = '2026-05-05T14:00:00.000Z';
    expect(await quiet([window(3)], [])).toEqual({ kind: 'maintenance', cause: 'backup', until });
  });
  it('a silence', async () => {
    const until = '2026-05-05T13:00:00.000Z';
    expect(await quiet([], [silence([])])).toEqual({ kind: 'silence', cause: 'silenced by kari', until });
  });
  it('a silence with a note', async () => {
    const noted = { ...silence([]), note: 'moving racks' };
    expect((await quiet([], [noted]))?.cause).toBe('moving racks (kari)');
  });
  it('of both the one that lasts longer', async () => {
    expect((await quiet([window(3)], [silence([])]))?.kind).toBe('maintenance');
    expect((await quiet([window(2)], [silence([], '2026-05-05T13:00:01.000Z')]))?.kind).toBe('silence');
  });
});
