import { describe, expect, it } from 'vitest';
import { CLEAR_LINE, renderProgress } from '../../lib/report/progress.ts';
import { sparkline } from '../../lib/report/sparkline.ts';
import { renderStatusJson, renderStatusTable } from '../../lib/report/status-table.ts';
import { fromLetters, live, result } from '../decide/story.ts';
import { HOSTILE } from './results.ts';

const now = Date.parse('2026-11-21T14:03:00.000Z');
const named = (service: string, letters: string, over = {}) =>
  live(
    fromLetters(letters).map((each) => ({ ...each, service, ...over })),
    { down_after: 2 },
  ).record;

describe('the status table', () => {
  it('shows what is remembered, bad ones first', () => {
    const records = [
      named('website', 'USUU'),
      named('cache', 'UUDD'),
      named('gw', 'U?'),
      named('mail', 'UD'),
    ];
    expect(renderStatusTable(records, { color: false, now })).toBe(
      `STATUS  SERVICE  FOR    RECENT  LAST
down    cache    2h 1m  ██xx    refused (refused)
up      gw       2h 3m  █?      cannot tell for 2h 2m: answered in 100 ms
up      mail     2h 3m  █x      refused (refused) (failure 1, not confirmed)
up      website  2h 1m  ▁█▁▁    answered in 100 ms
`,
    );
  });

  it('has colours when asked', () => {
    const text = renderStatusTable([named('cache', 'DD')], { color: true, now });
    expect(text.split('\n')[1]).toBe(
      '\u001b[31mdown\u001b[39m    cache    2h 3m  \u001b[31mxx\u001b[39m      refused (refused)',
    );
  });

  it('says when there is nothing, and leaves out what has left the config', () => {
    const gone = { ...named('old', 'U'), gone: '2026-11-21T12:00:00.000Z' };
    expect(renderStatusTable([gone], { color: false, now })).toBe(
      'nothing is remembered yet: puptime run makes the first results\n',
    );
    expect(renderStatusJson([gone])).toBe('');
  });

  it('is safe to print', () => {
    const text = renderStatusTable([named(HOSTILE, 'U', { summary: HOSTILE })], { color: false, now });
    // eslint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]/);
    expect(text.split('\n')).toHaveLength(3);
  });
});

describe('status as JSON', () => {
  it('is one object per service', () => {
    const json: unknown = JSON.parse(renderStatusJson([named('cache', 'UUD', { group: 'db' })]));
    expect(json).toMatchObject({
      schema: 'puptime.status.v1',
      service: 'cache',
      status: 'up',
      since: '2026-11-21T12:00:00.000Z',
      time: '2026-11-21T12:02:00.000Z',
      group: 'db',
      failures: 1,
      incident: null,
      reason: { code: 'refused', phase: 'connect' },
      recent: { letters: 'UUD', durations: [100, 100, 100] },
    });
  });
});

describe('a sparkline', () => {
  it.each([
    ['of one height', 'UUU', [5, 5, 5], '███'],
    ['of nothing', '', [], ''],
    ['of no time at all', 'UU', [0, null], '··'],
    ['of growing durations', 'UUUUUUUU', [0, 1, 2, 3, 4, 5, 6, 7], '▁▂▃▄▅▆▇█'],
    ['of failures, whose duration says nothing', 'UDU?W', [10, 10_000, 5, null, 10], '█x▅?█'],
  ])('%s', (_, letters, durations, bars) => {
    expect(sparkline({ letters, durations })).toBe(bars);
  });
});

describe('progress', () => {
  const counts = { up: 10, degraded: 0, down: 2, unknown: 1 };

  it('overwrites its line', () => {
    const line = renderProgress({ done: 13, total: 40, counts }, { columns: 80, color: false });
    expect(line).toBe(`${CLEAR_LINE}13/40  2 down  1 unknown`);
  });

  it('has colours when asked', () => {
    const line = renderProgress(
      { done: 13, total: 40, counts: { ...counts, unknown: 0 } },
      { columns: 80, color: true },
    );
    expect(line).toBe(`${CLEAR_LINE}13/40  \u001b[31m2 down\u001b[39m`);
  });

  it('never wraps', () => {
    expect(renderProgress({ done: 13, total: 40, counts }, { columns: 10, color: true })).toBe(
      `${CLEAR_LINE}13/40  2 `,
    );
  });
});

it('a result that took no measurable time has no bar to compare with', () => {
  expect(sparkline(live([result(0, { duration_ms: 0 })]).record.recent)).toBe('·');
});
