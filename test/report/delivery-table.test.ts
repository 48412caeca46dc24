import { describe, expect, test } from 'vitest';
import { renderDeliveryList, renderDeliveryTable, shortHook } from '../../lib/report/delivery-table.ts';
import type { Delivery } from '../../lib/words/delivery.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const delivery = (changes: Partial<Delivery> = {}): Delivery => ({
  schema: 'puptime.delivery.v1',
  id: '260f67536660e4ec5a2c308b53d4fbbd',
  event: 'down',
  service: 'shop/eu',
  incident: null,
  state: 'failed',
  hook: '/srv/hooks/on_down',
  attempts: 2,
  next: '2026-11-21T12:02:00.000Z',
  reason: 'exit code 1',
  output: 'one\ntwo',
  time: '2026-11-21T11:55:00.000Z',
  committed: '2026-11-21T11:55:00.000Z',
  ended: null,
  summary: 'port 6379 refused the connection (refused)',
  ...changes,
});
const PLAIN = { color: false, now: NOW, columns: null, verbose: false };
const last = (...changes: Partial<Delivery>[]) =>
  renderDeliveryTable(changes.map(delivery), PLAIN).trimEnd().split('\n').at(-1);

describe('the table of events', () => {
  test.each([
    [{}, 'failed  5m  down  shop/eu  on_down  2  260f67536660  next in 2m; exit code 1'],
    [
      { next: '2026-11-21T11:00:00.000Z' },
      'failed  5m  down  shop/eu  on_down  2  260f67536660  due; exit code 1',
    ],
    [
      { state: 'waiting', next: null, reason: null, attempts: 0 },
      'waiting  5m  down  shop/eu  on_down  0  260f67536660  port 6379 refused the connection (refused)',
    ],
    [{ state: 'done', next: null, reason: null }, 'done  5m  down  shop/eu  on_down  2  260f67536660'],
    [
      {
        state: 'dropped',
        event: null,
        service: null,
        next: null,
        time: null,
        ended: '2026-11-21T11:59:00.000Z',
        summary: null,
      },
      'dropped  1m  -  -  on_down  2  260f67536660  exit code 1',
    ],
    [
      { hook: null, state: 'unacknowledged', next: null, reason: null, summary: null },
      'unacknowledged  5m  down  shop/eu  -  2  260f67536660',
    ],
  ] as const)('%j', (changes, line) => {
    expect(last(changes)!.replaceAll(/ {2,}/g, '  ')).toBe(line);
  });

  test('no line is wider than the terminal, whatever names and reasons are', () => {
    const long = {
      service: 's'.repeat(90),
      hook: `/srv/on_down.d/${'h'.repeat(90)}`,
      reason: 'r'.repeat(300),
    };
    for (const columns of [100, 120, 200]) {
      const lines = renderDeliveryTable([delivery(long), delivery()], { ...PLAIN, columns })
        .trimEnd()
        .split('\n');
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
    }
    expect(renderDeliveryTable([delivery(long)], PLAIN).length).toBeGreaterThan(300);
  });

  test('an id is shown as far as it takes to tell it from the others', () => {
    const other = delivery({ id: '260f67536660e4fffffffffffffffff0' });
    expect(renderDeliveryTable([delivery(), other], PLAIN)).toContain(' 260f67536660e4e ');
  });

  test('what hooks printed, when asked for; nothing of it moves a cursor', () => {
    const shown = renderDeliveryTable([delivery()], { ...PLAIN, verbose: true });
    expect(shown).toMatch(/exit code 1\n {2}\| one\n {2}\| two\n$/);
    const evil = { service: 'a\u001b[2J', hook: '/h/on\u009b', reason: '\u202eevil\n', id: 'x\u0007' };
    expect(renderDeliveryTable([delivery(evil)], PLAIN)).not.toMatch(/[^\n -~…]/);
  });

  test('colour by state', () => {
    const ESC = '\u001b[';
    const shown = renderDeliveryTable([delivery({ state: 'dead' }), delivery({ state: 'done' })], {
      ...PLAIN,
      color: true,
    });
    expect(shown).toContain(`${ESC}31mdead`);
    expect(shown).toContain(`${ESC}32mdone`);
  });

  test('none at all', () => {
    expect(renderDeliveryTable([], PLAIN)).toBe('');
    expect(renderDeliveryList([])).toBe('[]\n');
  });
});

test.each([
  ['/srv/hooks/on_down', 'on_down'],
  ['/srv/hooks/on_down.d/10-mail', 'on_down.d/10-mail'],
  ['/opt/page', 'page'],
  [null, '-'],
])('%s is called %s', (path, name) => {
  expect(shortHook(path)).toBe(name);
});
