import { showDuration } from '../words/duration-text.ts';
import type { Reason } from '../words/reason.ts';
import type { ServiceRecord } from '../words/record.ts';
import type { Result } from '../words/result.ts';
import type { Policy } from '../words/policy.ts';

/** A slow spell ends when the mean is back at this part of the limit, so that nothing chatters around the limit. */
const CLEARED_AT = 0.8;

export type Degradation = Pick<ServiceRecord, 'slow' | 'other' | 'window'>;
type SlowPolicy = Pick<Policy, 'slow' | 'slow_window'>;

/** The causes of degradation after a good result. */
export function degradationAfter(before: Degradation, result: Result, policy: SlowPolicy): Degradation {
  return { ...slowness(before, result, policy), other: otherCauses(result) };
}

/**
 * The same when a service has just been confirmed down. Its causes stand until an answer says otherwise; but when
 * it was slow, that answer alone decides: how slow it was before the outage says nothing about after.
 */
export function degradationAtDown(before: Degradation): Degradation {
  return before.slow.length === 0 ? before : { ...before, window: [] };
}

function slowness(
  before: Degradation,
  result: Result,
  { slow: limits, slow_window }: SlowPolicy,
): Pick<Degradation, 'slow' | 'window'> {
  const slow_ms = limits?.total;
  if (slow_ms === undefined) return { slow: [], window: [] };
  const window =
    result.duration_ms === null ? before.window : [...before.window, result.duration_ms].slice(-slow_window);
  if (window.length === 0) return { slow: before.slow, window };
  const limit = before.slow.length === 0 ? slow_ms : slow_ms * CLEARED_AT;
  return { slow: meanOf(window) > limit ? ['total'] : [], window };
}

function meanOf(window: readonly number[]): number {
  return window.reduce((sum, duration) => sum + duration, 0) / window.length;
}

/** Everything that degrades but slowness, of which the mean decides and not this one result. */
function otherCauses(result: Result): readonly string[] {
  const causes = otherReasons(result).map(({ code, fact }) => (fact === null ? code : `${code}:${fact}`));
  if (causes.length > 0) return [...new Set(causes)].sort();
  // Only a result made by other hands can be degraded for no reason at all.
  return result.status === 'degraded' && result.reasons.length === 0 ? ['unnamed'] : [];
}

/** The reasons for on_degraded. */
export function otherReasons(result: Result): readonly Reason[] {
  return result.reasons.filter(({ status, code }) => status === 'degraded' && code !== 'slow');
}

/** The reason for on_slow, from the window that decided it. */
export function slowReason(window: readonly number[], slow_ms: number): Reason {
  const mean = Math.round(meanOf(window) * 10) / 10;
  const runs = window.length === 1 ? 'the last run' : `the last ${window.length} runs`;
  return {
    status: 'degraded',
    code: 'slow',
    phase: 'expect',
    text: `mean of ${runs} is ${showDuration(mean)}, above ${showDuration(slow_ms)}`,
    expected: slow_ms,
    got: mean,
    fact: null,
  };
}
