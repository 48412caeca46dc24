import { SLOW_PHASES, type SlowPhase } from '../words/policy.ts';
import type { Reason } from '../words/reason.ts';
import type { Result, RunInfo, Timings } from '../words/result.ts';
import { worstStatus } from '../words/status.ts';
import { summarise } from '../words/summary.ts';
import type { About } from '../words/service.ts';
import type { Policy } from '../words/policy.ts';
import { limitsOf, slowNow } from './degradation.ts';
import type { Letter } from './shorthand.ts';
import { unprobed } from './unprobed.ts';

/** Whose results are made up. */
export interface Simulated {
  readonly name: string;
  readonly type: string;
  readonly about: About;
  readonly policy: Policy;
}

/** A good run takes this part of each limit, a slow one so many times the limit: 100 ms and 1 s where it is 500 ms. */
const GOOD = 0.2;
const SLOW = 2;
/** Where there is no limit. */
const USUAL_MS = 100;

/** The result that a letter of a story stands for, as a probe would have made it. `time` is RFC 3339 UTC. */
export function simulatedResult(
  letter: Exclude<Letter, 'R'>,
  { name, type, about, policy }: Simulated,
  time: string,
  run: RunInfo,
): Result {
  const isSlow = letter === 'S' || letter === 'B';
  const times = letter === '?' ? NOT_TIMED : timesFor(policy, isSlow ? SLOW : GOOD);
  const base: Result = {
    ...unprobed('', time, run),
    schema: 'puptime.result.v1',
    service: name,
    type,
    target: null,
    ...about,
    ...times,
    watched: watchedFor(letter, policy),
    started: time,
  };
  const reasons = [...faultOf(letter), ...(isSlow ? slowNow(base, policy.slow) : [])];
  const [reason = null] = reasons;
  const status = worstStatus(reasons.map((each) => each.status));
  return { ...base, status, reason, reasons, summary: summarise(reason, times) };
}

const NOT_TIMED = {
  duration_ms: null,
  timings: { resolve_ms: null, connect_ms: null, tls_ms: null, first_byte_ms: null, transfer_ms: null },
} as const;

function timesFor(
  { slow }: Policy,
  part: number,
): { readonly duration_ms: number; readonly timings: Timings } {
  const limits = new Map(limitsOf(slow));
  const took = (phase: SlowPhase) => {
    const limit = limits.get(phase);
    return limit === undefined ? null : limit * part;
  };
  const phases = SLOW_PHASES.filter((phase) => phase !== 'total').map(
    (phase) => [`${phase}_ms`, took(phase)] as const,
  );
  return {
    duration_ms: took('total') ?? USUAL_MS,
    timings: { ...NOT_TIMED.timings, ...Object.fromEntries(phases) },
  };
}

/** A digit is a value of all that is watched; other letters tell none. */
function watchedFor(letter: Letter, { watch }: Policy): Result['watched'] {
  if (!/^\d$/.test(letter) || watch.length === 0) return null;
  return Object.fromEntries(watch.map((fact) => [fact, letter]));
}

function faultOf(letter: Letter): readonly Reason[] {
  switch (letter) {
    case 'D':
      return [reason('down', 'refused', 'connect')];
    case 'W':
    case 'B':
      return [reason('degraded', 'expiring', 'expect')];
    case '?':
      return [reason('unknown', 'resources', 'connect')];
    default:
      return [];
  }
}

function reason(status: Reason['status'], code: Reason['code'], phase: Reason['phase']): Reason {
  return { status, code, phase, text: 'simulated', expected: null, got: null, fact: null };
}
