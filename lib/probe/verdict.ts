import { showDuration } from '../words/duration-text.ts';
import { PHASE_OF_SLOW, SLOW_PHASES, type SlowPhase } from '../words/policy.ts';
import type { Reason } from '../words/reason.ts';
import type { AddressTried } from '../words/result.ts';
import { type Status, worstStatus } from '../words/status.ts';
import { judge } from './expect/judge.ts';
import type { Job } from './job.ts';
import { type Standstill, withOverload } from './overload.ts';
import type { Reading } from './reading.ts';

/** A reading with its verdict. */
export interface Verdict {
  readonly reading: Reading;
  readonly status: Status;
  /** failing ones first; the first is the result’s reason */
  readonly reasons: readonly Reason[];
  /** unknown for the sake of this host’s overload alone: another attempt may tell */
  readonly spoilt: boolean;
}

/**
 * Facts to verdict. A probe that broke off is judged on the facts that it saw, a whole one on all. What may be
 * this host’s own fault is unknown.
 */
export function giveVerdict(job: Job, reading: Reading, standstill: Standstill): Verdict {
  if (reading.cannotTell !== null) {
    const { code, text } = reading.cannotTell;
    const phase =
      code === 'resolver_silent' ? 'resolve' : code === 'exit' || code === 'signal' ? 'protocol' : 'connect';
    const reason: Reason = {
      status: 'unknown',
      code,
      phase,
      text,
      expected: null,
      got: null,
      fact: null,
    };
    return { reading, status: 'unknown', reasons: [reason], spoilt: false };
  }
  const found = reading.findings.map((finding): Reason => ({
    status: 'down',
    expected: null,
    got: null,
    fact: null,
    ...finding,
  }));
  const seen = (fact: string) => !reading.incomplete || (reading.facts[fact] ?? null) !== null;
  const sections = {
    expect: job.expect.filter(({ fact }) => seen(fact)),
    prefer: job.prefer.filter(({ fact }) => seen(fact)),
  };
  const reasons = [...found, ...judge(sections, reading.facts)];
  const status = worstStatus(reasons.map((reason) => reason.status));
  const verdict = withSlow(job, { reading, status, reasons, spoilt: false });
  return withOverload(verdict, standstill, job.service.timeout_ms);
}

/** A verdict as one of the addresses that were tried. */
export function tried({ reading, status, reasons }: Verdict): AddressTried {
  return {
    address: reading.address?.ip ?? '',
    family: reading.address?.family ?? 4,
    status,
    reason: reasons[0] ?? null,
    duration_ms: reading.duration_ms,
  };
}

function withSlow(job: Job, verdict: Verdict): Verdict {
  const { slow } = job.service.policy;
  if (slow === null || verdict.status === 'down') return verdict;
  const reasons = SLOW_PHASES.flatMap((phase) => {
    const took = tookIn(phase, verdict.reading);
    const limit = slow[phase];
    return took === null || limit === undefined || took <= limit ? [] : [slowReason(phase, took, limit)];
  });
  if (reasons.length === 0) return verdict;
  return { ...verdict, status: 'degraded', reasons: [...verdict.reasons, ...reasons] };
}

function tookIn(phase: SlowPhase, { duration_ms, timings }: Reading): number | null {
  return phase === 'total' ? duration_ms : timings[`${phase}_ms`];
}

function slowReason(phase: SlowPhase, took: number, limit: number): Reason {
  const what = phase === 'total' ? '' : `${phase.replace('_', ' ')} `;
  return {
    status: 'degraded',
    code: 'slow',
    phase: PHASE_OF_SLOW[phase],
    text: `${what}took ${showDuration(took)}, expected at most ${showDuration(limit)}`,
    expected: limit,
    got: took,
    fact: null,
  };
}
