import type { Draft } from '../words/draft.ts';
import type { ServiceRecord } from '../words/record.ts';
import type { Result } from '../words/result.ts';
import type { Hold, Policy } from '../words/policy.ts';
import type { ServiceHooks } from '../words/service.ts';
import { degradationAfter, degradationAtDown } from './degradation.ts';
import { tell } from './announcement.ts';
import { beginIncident } from './incident.ts';
import { decideUnknown } from './unknown.ts';
import { blankRecord, whoOf, withRecent } from './record.ts';
import { confirm, extend } from './streak.ts';
import { changesSince } from './watch.ts';

export interface DecideInput {
  readonly result: Result;
  /** null: nothing is remembered of this service */
  readonly before: ServiceRecord | null;
  /** its memory was damaged and may have said that it was announced down: with a good result, an on_up is owed */
  readonly mayBeDown?: boolean;
  readonly policy: Policy;
  /** why bad news has to wait; absent or null: it has not */
  readonly hold?: Hold | null;
  /** see gapOf; absent or null: no run was missed */
  readonly gap_ms?: number | null;
  /** its own hooks, kept for the day when it is gone from the config */
  readonly hooks: ServiceHooks;
  /** the set of config files in force */
  readonly files: readonly string[];
}

export interface Decision {
  readonly record: ServiceRecord;
  /** in the order in which they happened; never on_result, which needs no commit (see draftResult) */
  readonly drafts: readonly Draft[];
  /** true: a transition. Record and drafts must be committed together, or decided again by the next run. */
  readonly changed: boolean;
}

/**
 * One result against what is remembered: the next memory, and what hooks have to be told. Pure; all times are the
 * result's. Where the two disagree on what is new, the same decision comes out again, so that a run that was killed
 * before its commit is made good by the next.
 */
export function decide(input: DecideInput): Decision {
  const { result, before } = input;
  const remembered = withOwed(before ?? blankRecord(whoOf(input), result.time), input);
  const known = withRecent({ ...remembered, ...whoOf(input) }, result);
  return result.status === 'unknown' ? decideUnknown(known, result) : decideKnown(known, input);
}

/**
 * What may have been announced is owed its on_up, with a good result. With one that is down it is announced anew, because
 * nobody can be sure that it was.
 */
function withOwed(known: ServiceRecord, { mayBeDown, result }: DecideInput): ServiceRecord {
  const { perhaps, ...told } = known.told;
  if ((perhaps !== true && mayBeDown !== true) || result.status === 'unknown') return known;
  return { ...known, told: { ...told, down: told.down || result.status !== 'down' } };
}

function decideKnown(before: ServiceRecord, { result, policy }: DecideInput): Decision {
  const streak = extend(before.streak, result.status === 'down', result.time);
  const verdict = confirm(before.status === 'down', streak, policy);
  const degradation = degradationIn(before, result, policy, verdict);
  const status = statusIn(before, verdict, degradation.slow.length + degradation.other.length > 0);
  const watched = changesSince(before.baseline, result.watched, policy.watch);
  const after: ServiceRecord = {
    ...before,
    ...degradation,
    status,
    since: sinceOf(before, status, streak.since, result.time),
    time: result.time,
    streak,
    reason: keptReason(result),
    summary: result.summary,
    incident: status === 'down' ? (before.incident ?? beginIncident(streak.since)) : null,
    unknown: null,
    baseline: watched.baseline,
  };
  return tell({ before, after, result, policy, watched });
}

function degradationIn(
  before: ServiceRecord,
  result: Result,
  policy: Policy,
  verdict: ReturnType<typeof confirm>,
) {
  if (result.status !== 'down') return degradationAfter(before, result, policy);
  const { slow, other, window } = before;
  const kept = { slow, other, window };
  return verdict === 'down' ? degradationAtDown(kept) : kept;
}

function statusIn(
  before: ServiceRecord,
  verdict: ReturnType<typeof confirm>,
  degraded: boolean,
): ServiceRecord['status'] {
  switch (verdict) {
    case 'down':
      return 'down';
    case 'unconfirmed':
      return before.status;
    case 'not_down':
      return degraded ? 'degraded' : 'up';
  }
}

/** A side of down and not down holds since its streak began, any other status since this result. */
function sinceOf(
  before: ServiceRecord,
  status: ServiceRecord['status'],
  streakSince: string,
  time: string,
): string {
  if (status === before.status && before.time !== null) return before.since;
  return status === 'down' || before.status === 'down' ? streakSince : time;
}

function keptReason({ reason }: Result): ServiceRecord['reason'] {
  return reason === null ? null : { code: reason.code, phase: reason.phase, text: reason.text };
}
