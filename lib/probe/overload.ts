import { showDuration } from '../words/duration-text.ts';
import type { Reason } from '../words/reason.ts';
import type { Verdict } from './verdict.ts';

/** Of the time in which a service must answer, the part that puptime itself may lose without its verdict being in doubt. */
const TOLERABLE_SHARE = 0.2;
/** So much in any case. */
const TOLERABLE_MS = 250;

/** How long puptime itself could do nothing during a probe, ms. */
export interface Standstill {
  readonly lost_ms: number;
  /** of this, what was given back: the service had so much more time to answer */
  readonly granted_ms: number;
}

export const NO_STANDSTILL: Standstill = { lost_ms: 0, granted_ms: 0 };

/** With what was lost before its time limit began. */
export function withLost({ lost_ms, granted_ms }: Standstill, before_ms: number): Standstill {
  return { lost_ms: lost_ms + before_ms, granted_ms: granted_ms + before_ms };
}

/** What may be lost of a time limit without anything being in doubt. */
export function tolerable(limit_ms: number): number {
  return Math.max(TOLERABLE_MS, TOLERABLE_SHARE * limit_ms);
}

/**
 * A verdict that may be this host’s fault is unknown: no answer in time, where much of that time was lost and not given back,
 * and an answer that is slow only with the time that was lost. Up stays up, and down for any other reason down.
 */
export function withOverload(verdict: Verdict, standstill: Standstill, timeout_ms: number): Verdict {
  const doubtful = doubtfulReason(verdict, standstill, timeout_ms);
  if (doubtful === null) return verdict;
  const reason: Reason = {
    status: 'unknown',
    code: 'resources',
    phase: doubtful.phase,
    text: `this host is overloaded: puptime stood still for ${showDuration(standstill.lost_ms)} of this probe, usual is less than 50 ms; in doubt: ${doubtful.text}`,
    expected: null,
    got: null,
    fact: null,
  };
  return { ...verdict, status: 'unknown', reasons: [reason, ...verdict.reasons], spoilt: true };
}

/** One line for stderr at the end of a sweep. */
export function showOverload(count: number, lost_ms: number): string {
  const what = count === 1 ? '1 result is' : `${count} results are`;
  return `this host is overloaded: puptime stood still for ${showDuration(lost_ms)} while it probed, so ${what} unknown: give it more processor time, or lower --concurrency`;
}

function doubtfulReason(
  { status, reasons }: Verdict,
  { lost_ms, granted_ms }: Standstill,
  timeout_ms: number,
): Reason | null {
  if (status !== 'down') return reasons.find((reason) => isSlowByLag(reason, lost_ms)) ?? null;
  const bad = reasons.filter((reason) => reason.status === 'down');
  const isTimeout = bad.every(({ code }) => code === 'timeout');
  return isTimeout && lost_ms - granted_ms > tolerable(timeout_ms) ? (bad[0] ?? null) : null;
}

/** What took longer than its limit even without the lost time is slow. */
function isSlowByLag({ code, fact, expected, got }: Reason, lost_ms: number): boolean {
  if (code !== 'slow' || fact !== null || lost_ms === 0) return false;
  return typeof expected === 'number' && typeof got === 'number' && got - lost_ms <= expected;
}
