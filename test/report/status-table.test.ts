import { describe, expect, it } from 'vitest';
import { CLEAR_LINE, renderProgress } from '../../lib/report/progress.ts';
import { sparkline } from '../../lib/report/sparkline.ts';
import { type RememberedState, uptimeOf } from '../../lib/report/remembered-state.ts';
import { renderStatusLines, renderStatusList } from '../../lib/report/status-json.ts';
import { renderStatusMetrics } from '../../lib/report/status-metrics.ts';
import { renderStatusTable } from '../../lib/report/status-table.ts';
import type { Hold } from '../../lib/words/policy.ts';
import type { ServiceRecord } from '../../lib/words/record.ts';
import { fromLetters, live, result } from '../decide/story.ts';
import { HOSTILE } from './results.ts';

const now = Date.parse('2026-11-21T14:03:00.000Z');
const named = (service: string, letters: string, over = {}) =>
  live(
    fromLetters(letters).map((each) => ({ ...each, service, ...over })),
    { down_after: 2 },
  ).record;

/** What is seen of these records, by no calendar and before any run has ended. */
function stateOf(records: readonly ServiceRecord[], over: Partial<RememberedState> = {}): RememberedState {
  return {
    services: records.map((record) => ({ record, quiet: null })),
    lastRun: null,
    cutOff: null,
    ...over,
  };
}

const options = { color: false, now, zone: 'Europe/Oslo', columns: null };
const lastRun = {
  id: 'r9',
  started: '2026-11-21T14:02:15.000Z',
  ended: '2026-11-21T14:02:20.000Z',
  exit_code: 1,
};
const silenced: Hold = { kind: 'silence', cause: 'new kernel (kari)', until: '2026-11-21T17:30:00.000Z' };

describe('the status table', () => {
  it('shows what is remembered, bad ones first, and the sum of it', () => {
    const records = [
      named('website', 'USUU'),
      named('cache', 'UUDD'),
      named('gw', 'U?'),
      named('mail', 'UD'),
    ];
    expect(renderStatusTable(stateOf(records, { lastRun }), options)).toBe(
      `STATUS  SERVICE  FOR    UPTIME      RECENT  PROBED     LAST
down    cache    2h 1m  50 % of 4   ██xx    2h ago     refused (refused)
up      gw       2h 3m  100 % of 1  █?      2h 2m ago  cannot tell for 2h 2m: answered in 100 ms
up      mail     2h 3m  50 % of 2   █x      2h 2m ago  refused (refused) (failure 1, not confirmed)
up      website  2h 1m  100 % of 4  ▁█▁▁    2h ago     answered in 100 ms
1 down, 3 up, 1 not confirmed, 1 puptime cannot tell; the last run ended 40 s ago, exit code 1
`,
    );
  });

  it('says what keeps news back: what the clock ends as it is now, the rest as it was at the last result', () => {
    const base = named('web', 'U');
    const since = base.since;
    const words = (record: ServiceRecord, quiet: Hold | null = null) =>
      renderStatusTable(stateOf([], { services: [{ record, quiet }] }), options)
        .split('\n')[1]
        ?.split('ago  ')[1];
    const held = (kind: 'dependency' | 'flapping' | 'isolation' | 'maintenance', cause: string) => ({
      ...base,
      held: { kind, cause, since },
    });
    expect(words(base, silenced)).toBe(
      'answered in 100 ms; silenced until 2026-11-21 18:30: new kernel (kari)',
    );
    expect(words(base, { kind: 'maintenance', cause: 'backup', until: null })).toBe(
      'answered in 100 ms; in maintenance: backup',
    );
    expect(words(held('dependency', 'gw'))).toBe('answered in 100 ms; held: it needs gw');
    expect(words(held('isolation', ''))).toBe('answered in 100 ms; held: this host is cut off');
    expect(words({ ...held('flapping', ''), flapping: { since } })).toBe(
      'answered in 100 ms; flapping for 2h 3m',
    );
    // Over by the clock, though no result has come since.
    expect(words(held('maintenance', 'backup'))).toBe('answered in 100 ms');
    const sum = renderStatusTable(stateOf([], { services: [{ record: base, quiet: silenced }] }), options);
    expect(sum).toContain('\n1 up, 1 silenced; no run has ended yet\n');
  });

  it('begins with this host when it is cut off', () => {
    const cutOff = { since: '2026-11-21T13:53:00.000Z', summary: 'none of 2 canaries answers' };
    expect(renderStatusTable(stateOf([named('web', 'U')], { cutOff }), options)).toMatch(
      /^this host is cut off for 10m: none of 2 canaries answers\nSTATUS /,
    );
  });

  it.each([200, 100, 80, 60, 40])('is no wider than %i columns, and says the status at least', (columns) => {
    const services = [
      {
        record: named('a-service-with-quite-a-long-name-for-its-size', 'UUUUUUUUUUUUUUUUUUUD'),
        quiet: silenced,
      },
      { record: named('mail', 'U?'), quiet: null },
    ];
    const text = renderStatusTable(stateOf([], { services }), { ...options, columns });
    const table = text.split('\n').slice(0, 3);
    for (const line of table) expect(Array.from(line).length).toBeLessThanOrEqual(columns);
    expect(table[1]).toMatch(/^up +a-service-w/);
    expect(table[0]?.includes('PROBED')).toBe(columns >= 200);
  });

  it('has colours when asked', () => {
    const text = renderStatusTable(stateOf([named('cache', 'DD')]), { ...options, color: true });
    expect(text.split('\n')[1]).toBe(
      '\u001b[31mdown\u001b[39m    cache    2h 3m  0 % of 2  \u001b[31mxx\u001b[39m      2h 2m ago  refused (refused)',
    );
  });

  it('says when there is nothing', () => {
    expect(renderStatusTable(stateOf([]), options)).toBe(
      'nothing is remembered yet: puptime run makes the first results\n',
    );
    expect(renderStatusLines(stateOf([]))).toBe('');
    expect(renderStatusList(stateOf([]))).toBe('[]\n');
  });

  it('is safe to print', () => {
    const hostile = {
      record: named(HOSTILE, 'U', { summary: HOSTILE }),
      quiet: { ...silenced, cause: HOSTILE },
    };
    const text = renderStatusTable(stateOf([], { services: [hostile] }), options);
    // eslint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]/);
    expect(text.split('\n')).toHaveLength(4);
  });
});

describe('uptime', () => {
  it.each([
    ['UUUU', 1, 4],
    ['UWSB', 1, 4],
    ['UD?D', 1 / 3, 3],
    ['??', null, 0],
    ['', null, 0],
  ])('of %s is %s of %s', (letters, share, of) => {
    const recent = { letters: letters.replace(/[SB]/g, 'W'), durations: [] };
    expect(uptimeOf({ recent })).toEqual({ share, of });
  });

  it('is 100 % only of what was never down', () => {
    const record = { ...named('web', 'U'), recent: { letters: `D${'U'.repeat(300)}`, durations: [] } };
    expect(renderStatusTable(stateOf([record]), options)).toContain('99 % of 301');
  });
});

describe('status as JSON', () => {
  it('is one object per service', () => {
    const state = stateOf([named('cache', 'UUD', { group: 'db' })], { lastRun });
    const json: unknown = JSON.parse(renderStatusLines(state));
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
      held: null,
      flapping: null,
      uptime: { share: 2 / 3, of: 3 },
      recent: { letters: 'UUD', durations: [100, 100, 100] },
      isolated: null,
      last_run: { id: 'r9', exit_code: 1 },
    });
    expect(JSON.parse(renderStatusList(state))).toEqual([json]);
  });
});

describe('status as metrics', () => {
  it('is what a collector reads', () => {
    const services = [
      { record: named('cache', 'UUDD', { group: 'db' }), quiet: null },
      { record: named('mail', 'U?'), quiet: silenced },
    ];
    const text = renderStatusMetrics(stateOf([], { services, lastRun }));
    for (const line of [
      'puptime_service_status{service="cache",type="redis",group="db"} 2',
      'puptime_service_status{service="mail",type="redis"} 0',
      'puptime_service_since_seconds{service="cache"} 1795262520',
      'puptime_service_duration_seconds{service="cache"} 0.1',
      'puptime_service_uptime_ratio{service="cache"} 0.5',
      'puptime_service_cannot_tell{service="mail"} 1',
      'puptime_service_held{service="mail",kind="silence"} 1',
      'puptime_isolated 0',
      'puptime_run_ended_seconds 1795269740',
      'puptime_run_exit_code 1',
    ])
      expect(text.split('\n')).toContain(line);
    expect(text).toMatch(/^# HELP puptime_service_status .*\n# TYPE puptime_service_status gauge\n/);
    const ofHost = renderStatusMetrics(stateOf([]));
    expect(ofHost.split('\n').filter((line) => /^[^#]/.test(line))).toEqual(['puptime_isolated 0']);
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
