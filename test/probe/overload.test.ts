import { afterAll, describe, expect, test } from 'vitest';
import { startLagMeter } from '../../lib/probe/lag-meter.ts';
import { showOverload, withOverload } from '../../lib/probe/overload.ts';
import { tcp } from '../../lib/probe/probers/tcp.ts';
import { sweep } from '../../lib/probe/sweep.ts';
import type { Probed } from '../../lib/probe/probe-service.ts';
import type { Verdict } from '../../lib/probe/verdict.ts';
import { createResolver } from '../../lib/probe/wire/resolver.ts';
import type { Reason } from '../../lib/words/reason.ts';
import type { Status } from '../../lib/words/status.ts';
import { MISBEHAVIOURS, listen } from '../contract/misbehaving-server.ts';
import { jobFor } from '../contract/probe-target.ts';

function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

const base = { phase: 'protocol', text: 'x', expected: null, got: null, fact: null } as const;
const down = (code: Reason['code']): Reason => ({ ...base, status: 'down', code });
const slow = (got: number, expected: number): Reason => ({
  ...base,
  status: 'degraded',
  code: 'slow',
  got,
  expected,
});
const unmet: Reason = {
  ...base,
  status: 'degraded',
  code: 'expiring',
  fact: 'cert_days',
  got: 3,
  expected: 14,
};

function judged(
  status: Status,
  reasons: readonly Reason[],
  lost_ms: number,
  timeout_ms = 1000,
  granted_ms = 0,
): Verdict {
  const reading = {
    address: null,
    facts: {},
    findings: [],
    incomplete: false,
    cannotTell: null,
    metrics: {},
    output: null,
    duration_ms: 1,
    timings: { resolve_ms: null, connect_ms: null, tls_ms: null, first_byte_ms: null, transfer_ms: null },
  };
  return withOverload({ reading, status, reasons, spoilt: false }, { lost_ms, granted_ms }, timeout_ms);
}

describe('a verdict of a probe during which puptime stood still', () => {
  test.each<[string, Status, readonly Reason[], number, Status]>([
    ['a timeout, for more than 250 ms', 'down', [down('timeout')], 251, 'unknown'],
    ['a timeout, for less', 'down', [down('timeout')], 250, 'down'],
    ['a timeout, not at all', 'down', [down('timeout')], 0, 'down'],
    ['refused', 'down', [down('refused')], 5000, 'down'],
    ['a wrong answer', 'down', [down('assertion')], 5000, 'down'],
    [
      'a timeout, and something wrong that was seen',
      'down',
      [down('timeout'), down('tls_expired')],
      5000,
      'down',
    ],
    ['a timeout, and something to look at', 'down', [down('timeout'), unmet], 5000, 'unknown'],
    ['up', 'up', [], 5000, 'up'],
    ['a certificate that ends soon', 'degraded', [unmet], 5000, 'degraded'],
    ['slow by the lost time alone', 'degraded', [slow(2000, 500)], 1600, 'unknown'],
    ['slow by the lost time alone, however little that was', 'degraded', [slow(550, 500)], 60, 'unknown'],
    ['slow anyway', 'degraded', [slow(2000, 500)], 1400, 'degraded'],
    ['slow, and nothing was lost', 'degraded', [slow(500, 500)], 0, 'degraded'],
    ['slow by the lost time, with another cause', 'degraded', [unmet, slow(600, 500)], 300, 'unknown'],
  ])('%s', (_, status, reasons, lost_ms, expected) => {
    const verdict = judged(status, reasons, lost_ms);
    expect([verdict.status, verdict.spoilt]).toEqual([expected, expected === 'unknown']);
    // What was found stays there to be looked at.
    expect(verdict.reasons.slice(-reasons.length || 1)).toEqual(reasons);
    if (expected === 'unknown')
      expect(verdict.reasons[0]).toMatchObject({ code: 'resources', status: 'unknown' });
  });

  test('a fifth of a long timeout is tolerated', () => {
    expect(judged('down', [down('timeout')], 1900, 10_000).status).toBe('down');
    expect(judged('down', [down('timeout')], 2100, 10_000).status).toBe('unknown');
  });

  test('what was given back is no reason to doubt', () => {
    expect(judged('down', [down('timeout')], 900, 1000, 900).status).toBe('down');
    expect(judged('down', [down('timeout')], 2000, 1000, 1000).status).toBe('unknown');
  });

  test('says for how long, what is usual, and what it found', () => {
    const [reason] = judged(
      'down',
      [{ ...down('timeout'), text: 'db did not answer within 1 s' }],
      2100,
    ).reasons;
    expect(reason?.text).toBe(
      'this host is overloaded: puptime stood still for 2.1 s of this probe, usual is less than 50 ms; in doubt: db did not answer within 1 s',
    );
    expect(showOverload(1, 2100)).toContain('for 2.1 s while it probed, so 1 result is unknown');
  });
});

describe('the lag meter', () => {
  /** A clock by hand, and a timer that fires when told to. */
  const metered = (steps: readonly number[], since = 0) => {
    let now = 0;
    const meter = startLagMeter(() => now);
    const lost = steps.map((step) => {
      now += step;
      return Math.round(meter.lost_ms(since));
    });
    meter.stop();
    return lost;
  };

  test('counts what is late by 50 ms and more, less the time in which nothing was due', () => {
    expect(metered([50])).toEqual([0]);
    expect(metered([99])).toEqual([0]);
    expect(metered([1050])).toEqual([1000]);
  });

  test('counts a long turn whole, however often it is asked meanwhile', () => {
    expect(metered(Array.from({ length: 30 }, () => 35)).at(-1)).toBeGreaterThan(900);
  });

  test('counts only what was lost since then', () => {
    expect(metered([1050], 800)).toEqual([250]);
    expect(metered([1050], 1050)).toEqual([0]);
  });

  test('sees a real loop that is blocked', async () => {
    const meter = startLagMeter(() => performance.now());
    const since = performance.now();
    block(400);
    expect(meter.lost_ms(since)).toBeGreaterThan(300);
    const after = performance.now();
    await new Promise(setImmediate);
    expect(meter.lost_ms(since)).toBeGreaterThan(300);
    expect(meter.lost_ms(after)).toBeLessThan(300);
    meter.stop();
  });
});

describe('a sweep in which the loop is blocked', async () => {
  const silent = await listen(MISBEHAVIOURS.silent);
  afterAll(() => silent.close());
  const target = `tcp://127.0.0.1:${String(silent.port)}`;

  const swept = async (service: object, blocked_ms: number) => {
    const probed: Probed[] = [];
    const reports: string[] = [];
    const resolver = createResolver();
    const world = {
      env: {},
      now: () => Date.now(),
      monotonic: () => performance.now(),
      signal: new AbortController().signal,
      resolver,
      report: (line: string) => reports.push(line),
    };
    const timer = setTimeout(() => block(blocked_ms), 100);
    const job = jobFor(tcp, target, { expect: { banner: 'x' }, timeout_ms: 300, service });
    await sweep([job], world, { concurrency: null, per_host: null, onResult: (_, one) => probed.push(one) });
    clearTimeout(timer);
    resolver.cancel();
    return { probed: probed[0], reports };
  };

  test('a timeout is unknown, and is reported once', async () => {
    const { probed, reports } = await swept({}, 1000);
    expect([probed?.outcome.status, probed?.attempts.length]).toEqual(['unknown', 1]);
    expect(reports).toEqual([expect.stringMatching(/^this host is overloaded: .* so 1 result is unknown/)]);
  });

  test('also where every address is probed', async () => {
    expect((await swept({ ip: 'all' }, 1000)).probed?.outcome).toMatchObject({
      status: 'unknown',
      spoilt: true,
    });
  });

  test('is tried again as often as something that is down', async () => {
    const { attempts } = (await swept({ retries: 2 }, 1000)).probed ?? {};
    expect(attempts?.length).toBe(3);
    expect(attempts?.[0]).toMatchObject({ status: 'unknown', reason: { code: 'resources' } });
  });
});
