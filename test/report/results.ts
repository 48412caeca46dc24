import type { Reported } from '../../lib/report/reported.ts';
import { reason, result } from '../decide/story.ts';

/** What a stranger might send to break a terminal, a line, a label or a document. */
export const HOSTILE = 'a\u001b[31m"b\'\n<c>|d=#\\\u0007\u202e\u0085&';

export const UP: Reported = result(0, {
  service: 'website',
  type: 'http',
  target: 'https://example.org/',
  duration_ms: 41.26,
});
export const DOWN: Reported = result(0, {
  service: 'cache',
  status: 'down',
  summary: 'password refused (auth)',
  reason: reason({ code: 'auth', phase: 'auth', text: 'WRONGPASS invalid password' }),
  reasons: [reason({ code: 'auth', phase: 'auth', text: 'WRONGPASS invalid password' })],
  duration_ms: 2.345,
  group: 'db',
});
export const DEGRADED: Reported = result(0, {
  service: 'mail',
  status: 'degraded',
  summary: 'cert_days is 9, expected >= 14 (expiring)',
  reason: reason({ status: 'degraded', code: 'expiring', phase: 'expect', text: '' }),
  duration_ms: 1530,
});
export const UNKNOWN: Reported = result(0, {
  service: 'gw',
  status: 'unknown',
  summary: 'puptime may not do that here (permission)',
  reason: reason({ status: 'unknown', code: 'permission', phase: 'connect', text: 'ping: not permitted' }),
  reasons: [reason({ status: 'unknown', code: 'permission', phase: 'connect', text: 'ping: not permitted' })],
  duration_ms: null,
  timings: { resolve_ms: null, connect_ms: null, tls_ms: null, first_byte_ms: null, transfer_ms: null },
});
export const ALL: readonly Reported[] = [UP, DOWN, DEGRADED, UNKNOWN];

/** A service whose every text is hostile. */
export const EVIL: Reported = result(0, {
  service: HOSTILE,
  group: HOSTILE,
  type: HOSTILE,
  target: HOSTILE,
  status: 'down',
  summary: HOSTILE,
  output: HOSTILE,
  reason: reason({ text: HOSTILE }),
  reasons: [reason({ text: HOSTILE })],
  facts: { [HOSTILE]: 1 },
  metrics: { [HOSTILE]: 2 },
});
