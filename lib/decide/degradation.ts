import { showDuration } from '../words/duration-text.ts';
import { PHASE_OF_SLOW, SLOW_PHASES, type Policy, type SlowLimits, type SlowPhase } from '../words/policy.ts';
import type { Reason } from '../words/reason.ts';
import type { WholeRecord } from '../words/record.ts';
import type { Result } from '../words/result.ts';

/** A slow spell ends when the mean is back at this part of the limit, so that nothing chatters around the limit. */
export const CLEARED_AT = 0.8;

export type Degradation = Pick<WholeRecord, 'slow' | 'other' | 'window' | 'phases'>;
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
  return before.slow.length === 0 ? before : { ...before, window: [], phases: {} };
}

function slowness(before: Degradation, result: Result, policy: SlowPolicy): Omit<Degradation, 'other'> {
  const slow: SlowPhase[] = [];
  const windows = new Map<SlowPhase, readonly number[]>();
  for (const [phase, limit] of limitsOf(policy.slow)) {
    const took = tookIn(phase, result);
    const known = windowOf(before, phase);
    const window = took === null ? known : [...known, took].slice(-policy.slow_window);
    const wasSlow = before.slow.includes(phase);
    if (window.length > 0) windows.set(phase, window);
    if (window.length === 0 ? wasSlow : meanOf(window) > limit * (wasSlow ? CLEARED_AT : 1)) slow.push(phase);
  }
  const { total: window = [], ...phases } = Object.fromEntries(windows);
  return { slow, window, phases };
}

/** Each phase that has a limit, in the order of SLOW_PHASES. */
export function limitsOf(limits: SlowLimits | null): readonly (readonly [SlowPhase, number])[] {
  return SLOW_PHASES.flatMap((phase) => {
    const limit = limits?.[phase];
    return limit === undefined ? [] : [[phase, limit] as const];
  });
}

/** Null where the probe had no such phase. */
function tookIn(phase: SlowPhase, { duration_ms, timings }: Result): number | null {
  return phase === 'total' ? duration_ms : timings[`${phase}_ms`];
}

/** The last durations in a phase, ms. */
export function windowOf({ window, phases }: Degradation, phase: SlowPhase): readonly number[] {
  return phase === 'total' ? window : (phases[phase] ?? []);
}

export function meanOf(window: readonly number[]): number {
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

/** The reasons for on_slow, from the windows that decided it: the whole probe first, then phase by phase. */
export function slowReasons(after: Degradation, limits: SlowLimits | null): readonly Reason[] {
  return limitsOf(limits)
    .filter(([phase]) => after.slow.includes(phase))
    .map(([phase, limit]) => slowReason(phase, windowOf(after, phase), limit));
}

/** The reasons for on_slow of a single result: each phase that took longer than its limit. */
export function slowNow(result: Result, limits: SlowLimits | null): readonly Reason[] {
  return limitsOf(limits).flatMap(([phase, limit]) => {
    const took = tookIn(phase, result);
    return took === null || took <= limit ? [] : [slowReason(phase, [took], limit)];
  });
}

function slowReason(slow: SlowPhase, window: readonly number[], limit: number): Reason {
  const mean = Math.round(meanOf(window) * 10) / 10;
  const runs = window.length === 1 ? 'the last run' : `the last ${window.length} runs`;
  const what = slow === 'total' ? 'mean' : `mean ${slow.replace('_', ' ')}`;
  return {
    status: 'degraded',
    code: 'slow',
    phase: PHASE_OF_SLOW[slow],
    text: `${what} of ${runs} is ${showDuration(mean)}, above ${showDuration(limit)}`,
    expected: limit,
    got: mean,
    fact: null,
  };
}
