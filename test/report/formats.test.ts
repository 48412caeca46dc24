import { describe, expect, it } from 'vitest';
import { FORMATS, loadFormat } from '../../lib/report/format.ts';
import { renderHuman } from '../../lib/report/human.ts';
import { renderJson } from '../../lib/report/json.ts';
import { renderJunit } from '../../lib/report/junit.ts';
import { renderNagios } from '../../lib/report/nagios.ts';
import { renderNdjson } from '../../lib/report/ndjson.ts';
import { renderPrometheus } from '../../lib/report/prometheus.ts';
import { renderTap } from '../../lib/report/tap.ts';
import { ALL, DEGRADED, DOWN, EVIL, HOSTILE, UNKNOWN, UP } from './results.ts';

const plain = { color: false };

describe('human', () => {
  it('is one aligned line per service, bad ones first', () => {
    expect(renderHuman(ALL, plain)).toBe(
      [
        'down      cache    2.3 ms  password refused (auth): WRONGPASS invalid password\n',
        'unknown   gw            -  puptime may not do that here (permission): ping: not permitted\n',
        'degraded  mail      1.5 s  cert_days is 9, expected >= 14 (expiring)\n',
        'up        website   41 ms  https://example.org/\n',
      ].join(''),
    );
  });

  it('has the colour of the status, without moving the columns', () => {
    expect(renderHuman([DOWN, UP], { color: true })).toBe(
      '\u001b[31mdown\u001b[39m  cache    2.3 ms  password refused (auth): WRONGPASS invalid password\n' +
        '\u001b[32mup\u001b[39m    website   41 ms  \u001b[2mhttps://example.org/\u001b[22m\n',
    );
  });

  it('of nothing is nothing', () => {
    expect(renderHuman([], plain)).toBe('');
  });
});

describe('ndjson and json', () => {
  it('is one object per line, in the order given, with the events', () => {
    const lines = renderNdjson([{ ...DOWN, events: ['down'] }, UP])
      .trimEnd()
      .split('\n');
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([{ ...DOWN, events: ['down'] }, UP]);
  });

  it('as json is a list', () => {
    expect(JSON.parse(renderJson(ALL))).toEqual(ALL);
    expect(renderJson([])).toBe('[]\n');
  });

  it('gives hostile text back as it was, but escaped', () => {
    const line = renderNdjson([EVIL]);
    expect(JSON.parse(line)).toEqual(EVIL);
    expect(line).toContain('\\u202e\\u0085');
  });
});

describe('nagios', () => {
  it('is a status line with performance data for one service', () => {
    expect(renderNagios([{ ...UP, metrics: { users: 3, load: { value: 0.5, warn: '1' }, note: 'x' } }])).toBe(
      "PUPTIME OK - website: answered in 100 ms | 'time'=0.04126s;;;0 'users'=3 'load'=0.5\n",
    );
    expect(renderNagios([UNKNOWN])).toBe(
      'PUPTIME UNKNOWN - gw: puptime may not do that here (permission): ping: not permitted\n',
    );
  });

  it('counts several, and has a line for each', () => {
    expect(renderNagios(ALL)).toBe(
      [
        "PUPTIME CRITICAL - 4 services: 1 up, 1 degraded, 1 down, 1 unknown | 'website.time'=0.04126s;;;0 'cache.time'=0.002345s;;;0 'mail.time'=1.53s;;;0",
        'CRITICAL cache: password refused (auth): WRONGPASS invalid password',
        'UNKNOWN gw: puptime may not do that here (permission): ping: not permitted',
        'WARNING mail: cert_days is 9, expected >= 14 (expiring)',
        'OK website: answered in 100 ms\n',
      ].join('\n'),
    );
  });

  it('writes large and small numbers without exponents', () => {
    const metrics = { large: 1e15, small: 1e-9, none: Number.NaN, ten: 10 };
    expect(renderNagios([{ ...UP, duration_ms: null, metrics }])).toContain(
      "| 'large'=1000000000000000 'small'=0 'ten'=10\n",
    );
  });

  it('keeps bars and quotes out of hostile text', () => {
    const [head = '', ...rest] = renderNagios([EVIL, UP]).split('\n');
    expect(head.match(/\|/g)).toHaveLength(1);
    expect(rest.join('')).not.toContain('|');
    expect(head).toContain(`'a [31m"b'' <c>_d_#\\ &.time'=0.1s;;;0`);
  });
});

describe('tap', () => {
  it('numbers the services and says why one is not ok', () => {
    expect(renderTap([UP, DOWN, DEGRADED, UNKNOWN])).toBe(
      `TAP version 14
1..4
ok 1 - website
not ok 2 - cache
  ---
  status: "down"
  code: "auth"
  phase: "auth"
  message: "password refused (auth): WRONGPASS invalid password"
  ...
ok 3 - mail
  ---
  status: "degraded"
  code: "expiring"
  phase: "expect"
  message: "cert_days is 9, expected >= 14 (expiring)"
  ...
not ok 4 - gw
  ---
  status: "unknown"
  code: "permission"
  phase: "connect"
  message: "puptime may not do that here (permission): ping: not permitted"
  ...
`,
    );
  });

  it('lets no hostile name become a directive', () => {
    expect(renderTap([EVIL]).split('\n')[2]).toBe(`not ok 1 - a [31m"b' <c>|d=\\#\\\\ &`);
  });
});

describe('junit', () => {
  it('counts failures and errors, and says why', () => {
    expect(renderJunit(ALL)).toBe(
      `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="4" failures="1" errors="1" time="1.574">
  <testsuite name="puptime" skipped="0" tests="4" failures="1" errors="1" time="1.574" timestamp="2026-11-21T12:00:00">
    <testcase classname="http" name="website" time="0.041"/>
    <testcase classname="db" name="cache" time="0.002">
      <failure message="password refused (auth)" type="auth">auth: WRONGPASS invalid password (auth)</failure>
    </testcase>
    <testcase classname="redis" name="mail" time="1.530">
      <system-out>degraded: cert_days is 9, expected &gt;= 14 (expiring)</system-out>
    </testcase>
    <testcase classname="redis" name="gw" time="0.000">
      <error message="puptime may not do that here (permission)" type="permission">connect: ping: not permitted (permission)</error>
    </testcase>
  </testsuite>
</testsuites>
`,
    );
  });

  it('escapes hostile text', () => {
    const xml = renderJunit([{ ...EVIL, summary: `${HOSTILE}\uffff\ud800` }]);
    expect(xml).toContain('name="a [31m&quot;b&apos; &lt;c&gt;|d=#\\ &amp;"');
    expect(xml).toContain('&amp;\ufffd');
    // eslint-disable-next-line no-control-regex
    expect(xml).not.toMatch(/[\u0000-\u0009\u000b-\u001f\ufffe\uffff]/);
  });
});

describe('prometheus', () => {
  it('is gauges by family, with help and type once', () => {
    const facts = { status: 200, cert_days: 61.5, cert_subject: 'x', loading: false, lag_s: null };
    expect(renderPrometheus([{ ...UP, facts, metrics: { users: { value: 3 } } }, UNKNOWN])).toBe(
      `# HELP puptime_status Verdict of the last probe: 0 up, 1 degraded, 2 down, 3 unknown.
# TYPE puptime_status gauge
puptime_status{service="website",type="http"} 0
puptime_status{service="gw",type="redis"} 3
# HELP puptime_duration_seconds How long the last probe took.
# TYPE puptime_duration_seconds gauge
puptime_duration_seconds{service="website"} 0.04126
# HELP puptime_phase_seconds How long each phase of the last probe took.
# TYPE puptime_phase_seconds gauge
puptime_phase_seconds{service="website",phase="connect"} 0.06
puptime_phase_seconds{service="website",phase="first_byte"} 0.04
# HELP puptime_probe_time_seconds When the last probe began, seconds since 1970.
# TYPE puptime_probe_time_seconds gauge
puptime_probe_time_seconds{service="website"} 1795262400
puptime_probe_time_seconds{service="gw"} 1795262400
# HELP puptime_fact Facts that are numbers, or true (1) or false (0), in their own unit.
# TYPE puptime_fact gauge
puptime_fact{service="website",fact="status"} 200
puptime_fact{service="website",fact="cert_days"} 61.5
puptime_fact{service="website",fact="loading"} 0
# HELP puptime_metric Numbers that the service or the command told of itself.
# TYPE puptime_metric gauge
puptime_metric{service="website",metric="users"} 3
`,
    );
  });

  it('escapes labels', () => {
    expect(renderPrometheus([EVIL])).toContain(
      `{service="a [31m\\"b' <c>|d=#\\\\ &",metric="a [31m\\"b' <c>|d=#\\\\ &"} 2\n`,
    );
  });

  it('writes each sample once, even where two hostile names look alike when made safe', () => {
    const text = renderPrometheus([{ ...UP, metrics: { 'a\n': 1, 'a\r': 2 } }]);
    const samples = text.split('\n').filter((line) => line.startsWith('puptime_metric{'));
    expect(samples).toHaveLength(1);
  });
});

describe('every format', () => {
  it.each(FORMATS)('%s lets no control character of a stranger through', async (format) => {
    const render = await loadFormat(format);
    const text = render([EVIL, { ...EVIL, status: 'up' }, { ...EVIL, status: 'degraded' }], plain);
    expect(text.length).toBeGreaterThan(0);
    // eslint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]/);
  });

  it.each(FORMATS)('%s gives each hostile service no more lines than a plain one', async (format) => {
    const render = await loadFormat(format);
    const tame = { ...EVIL, service: 'x', group: 'x', type: 'x', target: 'x', summary: 'x', output: 'x' };
    const simple = {
      ...tame,
      reason: DOWN.reason,
      reasons: DOWN.reasons,
      facts: { x: 1 },
      metrics: { x: 2 },
    };
    const lines = (text: string) => text.split('\n').length;
    // JUnit alone shows the text of reasons with its lines.
    const evil = format === 'junit' ? { ...EVIL, reasons: DOWN.reasons } : EVIL;
    expect(lines(render([evil], plain))).toBe(lines(render([simple], plain)));
  });
});
