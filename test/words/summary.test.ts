import { describe, expect, it } from 'vitest';
import { showDuration } from '../../lib/words/duration-text.ts';
import type { Json } from '../../lib/words/json.ts';
import { CODES, PHASES, type Code, type Phase } from '../../lib/words/reason.ts';
import { summarise } from '../../lib/words/summary.ts';

const fault = (code: Code, phase: Phase) => ({ code, phase, fact: null, expected: null, got: null });
const unmet = (fact: string, expected: Json, got: Json, code: Code = 'assertion') =>
  ({ code, phase: 'expect', fact, expected, got }) as const;

describe('a summary', () => {
  it.each<[Code, Phase, string]>([
    ['refused', 'connect', 'port 6379 refused the connection (refused)'],
    ['auth', 'auth', 'password refused (auth)'],
    ['timeout', 'connect', 'no connection in time (timeout)'],
    ['timeout', 'protocol', 'no whole answer in time (timeout)'],
    ['reset', 'tls', 'connection reset while setting up TLS (reset)'],
    ['closed', 'auth', 'connection closed during the login (closed)'],
    ['tls_expired', 'tls', 'a certificate is outside its dates (tls_expired)'],
    ['resolve_nxdomain', 'resolve', 'its name does not exist (resolve_nxdomain)'],
  ])('of %s in %s is: %s', (code, phase, summary) => {
    expect(summarise(fault(code, phase), { port: 6379 })).toBe(summary);
  });

  it.each<[string, Json, Json, string]>([
    ['status', { min: 200, max: 299 }, 503, 'status is 503, expected 200 to 299 (assertion)'],
    ['cert_days', '>= 14', 9, 'cert_days is 9, expected >= 14 (assertion)'],
    ['redirects', [0, 1], 4, 'redirects is 4, expected 0 or 1 (assertion)'],
    ['rtt_avg_ms', '< 2h', 9e6, 'rtt_avg_ms is 9000000, expected < 2h (assertion)'],
    ['lag_s', { max: 5 }, 9, 'lag_s is 9, expected at most 5 (assertion)'],
    ['size', { not: 5 }, 5, 'size is 5, not as expected (assertion)'],
    ['role', 'master', 'replica', 'role is not as expected (assertion)'],
    ['cert_days', '>= 14', null, 'cert_days was not seen (assertion)'],
    ['headers.x\n', 'a', 'b', 'headers is not as expected (assertion)'],
    ['\u001b[31m', 'a', 'b', 'a fact is not as expected (assertion)'],
  ])('of %j expected %j got %j is: %s', (fact, expected, got, summary) => {
    expect(summarise(unmet(fact, expected, got))).toBe(summary);
  });

  it('of no fault says how long it took', () => {
    expect(summarise(null, { duration_ms: 2.34 })).toBe('answered in 2.3 ms');
    expect(summarise(null)).toBe('works');
    expect(summarise(fault('refused', 'connect'))).toBe('its port refused the connection (refused)');
  });

  it('never has a word of the peer in it', () => {
    const peer = 'PEER';
    for (const code of Object.keys(CODES) as Code[]) {
      for (const phase of PHASES) {
        const reason = { code, phase, text: peer, fact: null, expected: null, got: peer };
        expect(summarise(reason)).not.toContain(peer);
        expect(summarise({ ...reason, fact: 'banner', expected: peer })).not.toContain(peer);
        expect(summarise(reason)).toMatch(new RegExp(`^[\\w ,]+ \\(${code}\\)$`));
      }
    }
  });
});

describe('a duration for people', () => {
  it.each([
    [0, '0 ms'],
    [0.04, '0 ms'],
    [0.46, '0.4 ms'],
    [9.99, '9.9 ms'],
    [10.5, '10 ms'],
    [999.9, '999 ms'],
    [1000, '1 s'],
    [1250, '1.2 s'],
    [59_999, '59 s'],
    [60_000, '1m'],
    [61_000, '1m 1s'],
    [3_600_000, '1h'],
    [3_660_000, '1h 1m'],
    [90_061_000, '1d 1h'],
    [86_400_000 * 400, '400d'],
  ])('of %d ms is %s', (ms, text) => {
    expect(showDuration(ms)).toBe(text);
  });
});
