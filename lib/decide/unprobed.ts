import type { RunInfo } from '../words/result.ts';

/** The part of a body that a probe would have filled in. */
export function unprobed(summary: string, time: string, run: RunInfo) {
  return {
    status: 'unknown',
    summary,
    reason: null,
    reasons: [],
    time,
    address: null,
    family: null,
    addresses: [],
    duration_ms: null,
    timings: { resolve_ms: null, connect_ms: null, tls_ms: null, first_byte_ms: null, transfer_ms: null },
    facts: {},
    metrics: {},
    output: null,
    truncated: false,
    attempts: [],
    run,
    test: false,
  } as const;
}
