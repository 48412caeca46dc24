import { expect, test } from 'vitest';
import { passingId, sid, stampTransition } from '../../lib/state/identity.ts';
import { draft, record } from '../deliver/fixture.ts';

const SALT = 'f'.repeat(32);
const LAST = { seq: 4, id: 'e'.repeat(32) };
const INCIDENT = {
  id: null,
  started: '2026-01-01T00:00:00.000Z',
  ended: null,
  duration_s: null,
  reminders: 0,
};
const CHANGE = { fact: 'answers', before: 1, after: 2, diff: '' };

test('the same decision seen again gets the same ids', () => {
  const stamp = () => stampTransition(SALT, LAST, record('cache', 'down'), [draft('down', 'cache')]);
  expect(stamp()).toEqual(stamp());
  expect(stamp().record.seq).toBe(5);
});

test('every other thing gets another id', () => {
  const ids = [
    stampTransition(SALT, LAST, record('cache'), [draft('first', 'cache'), draft('down', 'cache')]),
    stampTransition(SALT, { ...LAST, seq: 5 }, record('cache'), [draft('down', 'cache')]),
    stampTransition(SALT, { ...LAST, id: null }, record('cache'), [draft('down', 'cache')]),
    stampTransition('0'.repeat(32), LAST, record('cache'), [draft('down', 'cache')]),
    stampTransition(SALT, LAST, record('other'), [draft('down', 'other')]),
    stampTransition(SALT, LAST, record('cache'), [draft('change', 'cache', { change: CHANGE })]),
    stampTransition(SALT, LAST, record('cache'), [
      draft('change', 'cache', { change: { ...CHANGE, after: 3 } }),
    ]),
    stampTransition(SALT, LAST, record('cache'), [
      draft('change', 'cache', { change: { ...CHANGE, fact: 'x' } }),
    ]),
  ].flatMap(({ events }) => events.map(({ id }) => id));
  const passing = [
    passingId(SALT, LAST, ['result', 'cache', 't']),
    passingId(SALT, LAST, ['result', 'cache', 'u']),
  ];
  expect(new Set([...ids, ...passing]).size).toBe(ids.length + passing.length);
});

test('a new incident gets one id, in the record and in all events; an open one keeps its own', () => {
  const fresh = stampTransition(SALT, LAST, { ...record('cache', 'down'), incident: INCIDENT }, [
    draft('first', 'cache', { incident: INCIDENT }),
    draft('down', 'cache', { incident: INCIDENT }),
  ]);
  const ids = [fresh.record, ...fresh.events].map(({ incident }) => incident?.id);
  expect(new Set(ids).size).toBe(1);
  expect(ids[0]).toMatch(/^[0-9a-f]{32}$/);
  const kept = stampTransition(SALT, LAST, record('cache'), [
    draft('up', 'cache', { incident: { ...INCIDENT, id: 'mine' } }),
  ]);
  expect(kept.events[0]?.incident?.id).toBe('mine');
  expect(kept.record.incident).toBeNull();
});

test.each([
  ['cache', 'cache'],
  ['a.b_c-d', 'a.b_c-d'],
  ['shop/eu', /^shop_eu\+[0-9a-f]{12}$/],
  ['café', /^caf_\+[0-9a-f]{12}$/],
  ['x'.repeat(200), /^x{60}\+[0-9a-f]{12}$/],
])('%s as a file name', (name, expected) => {
  if (typeof expected === 'string') expect(sid(name)).toBe(expected);
  else expect(sid(name)).toMatch(expected);
});
