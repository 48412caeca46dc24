import { expect, test } from 'vitest';
import { createDecisionOrder } from '../../cmd/decision-order.ts';

const parents = new Map([
  ['shop', ['gw']],
  ['db', ['gw', 'power']],
  ['gw', ['power']],
]);

async function judgedIn(
  arrivals: readonly string[],
  { canaries = [] as readonly string[], expected = arrivals } = {},
): Promise<readonly string[]> {
  const order = createDecisionOrder({
    canaries,
    parents: (name) => parents.get(name) ?? [],
    isExpected: (name) => expected.includes(name),
  });
  const done: string[] = [];
  const all = arrivals.map(async (name) => {
    await order.turn(name);
    done.push(name);
    order.judged(name);
  });
  await new Promise((resolve) => setImmediate(resolve));
  done.push('|');
  order.end();
  await Promise.all(all);
  return done;
}

test.each([
  ['those that depend on nobody, as they come', ['a', 'b', 'power'], {}, ['a', 'b', 'power', '|']],
  ['parents before children', ['shop', 'db', 'gw', 'power'], {}, ['power', 'gw', 'shop', 'db', '|']],
  ['nobody waits for one that is not probed', ['shop', 'db', 'power'], {}, ['shop', 'power', 'db', '|']],
  [
    'canaries before all',
    ['shop', 'a', 'c1', 'c2'],
    { canaries: ['c1', 'c2'] },
    ['c1', 'c2', 'shop', 'a', '|'],
  ],
  [
    'one that was expected and does not come is not waited for beyond the end',
    ['shop', 'a', 'c1'],
    { canaries: ['c1'], expected: ['gw', 'c1'] },
    ['c1', 'a', '|', 'shop'],
  ],
])('%s', async (_, arrivals, options, order) => {
  expect(await judgedIn(arrivals, options)).toEqual(order);
});
