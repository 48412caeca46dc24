import type { Draft } from '../words/draft.ts';
import type { Hold, Policy } from '../words/policy.ts';
import type { ServiceRecord, WholeRecord } from '../words/record.ts';
import type { Result } from '../words/result.ts';
import type { ServiceHooks } from '../words/service.ts';
import { tell, type WholeDecision } from './announcement.ts';
import { degradationAfter, degradationAtDown } from './degradation.ts';
import { flappingAfter } from './flapping.ts';
import { heldNow } from './held.ts';
import { beginIncident } from './incident.ts';
import { blankRecord, slim, whole, whoOf, withRecent } from './remembered.ts';
import { type Confirmation, confirm, extend, observe } from './streak.ts';
import { decideUnknown } from './unknown.ts';
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
 * before its commit is made good by the next. The rules, as tables: docs/decisions.md.
 */
export function decide(input: DecideInput): Decision {
  const { result, before } = input;
  const remembered = withOwed(whole(before ?? blankRecord(whoOf(input), result.time)), input);
  const known = withRecent({ ...remembered, ...whoOf(input) }, result);
  const decision = result.status === 'unknown' ? decideUnknown(known, input) : decideKnown(known, input);
  return { ...decision, record: slim(decision.record) };
}

/**
 * What may have been announced is owed its on_up, with a good result. With one that is down it is announced anew, because
 * nobody can be sure that it was.
 */
function withOwed(known: WholeRecord, { mayBeDown }: DecideInput): WholeRecord {
  return mayBeDown === true ? { ...known, told: { ...known.told, perhaps: true } } : known;
}

function decideKnown(before: WholeRecord, input: DecideInput): WholeDecision {
  const { result, policy, hold, gap_ms = null } = input;
  const { time } = result;
  const failing = result.status === 'down';
  const wasDown = before.status === 'down';
  const streak = extend(before.streak, failing, time);
  const outcomes = observe(before.outcomes, failing, time, policy);
  const confirmation = confirm(wasDown, streak, outcomes, policy);
  const degradation = degradationIn(before, result, policy, confirmation);
  const isDegraded = degradation.slow.length + degradation.other.length > 0;
  const status = statusIn(before, confirmation, isDegraded);
  const isDown = status === 'down';
  const { flips, flapping } =
    hold && policy.flapping !== null
      ? before
      : flappingAfter(before, before.status !== 'unknown' && isDown !== wasDown, policy.flapping, time);
  const watched = changesSince(before.baseline, result.watched, policy.watch);
  const after: WholeRecord = {
    ...before,
    ...degradation,
    status,
    since: sinceOf(before, status, confirmation.since, time),
    time,
    streak,
    // What was counted for one side does not count for the next.
    outcomes: isDown === wasDown ? outcomes : [],
    reason: keptReason(result),
    summary: result.summary,
    incident: isDown ? (before.incident ?? beginIncident(confirmation.since)) : null,
    held: heldNow(before.held, hold, flapping, time),
    flips,
    flapping,
    unknown: null,
    baseline: watched.baseline,
  };
  return tell({ before, after, result, policy, watched, gap_ms });
}

function degradationIn(before: WholeRecord, result: Result, policy: Policy, { side }: Confirmation) {
  if (result.status !== 'down') return degradationAfter(before, result, policy);
  const { slow, other, window, phases } = before;
  const kept = { slow, other, window, phases };
  return side === 'down' ? degradationAtDown(kept) : kept;
}

function statusIn(before: WholeRecord, { side }: Confirmation, degraded: boolean): WholeRecord['status'] {
  switch (side) {
    case 'down':
      return 'down';
    case 'unconfirmed':
      return before.status;
    case 'not_down':
      return degraded ? 'degraded' : 'up';
  }
}

/** A side of down and not down holds since the first result that made it so, any other status since this result. */
function sinceOf(
  before: WholeRecord,
  status: WholeRecord['status'],
  confirmed: string,
  time: string,
): string {
  if (status === before.status && before.time !== null) return before.since;
  return status === 'down' || before.status === 'down' ? confirmed : time;
}

function keptReason({ reason }: Result): WholeRecord['reason'] {
  return reason === null ? null : { code: reason.code, phase: reason.phase, text: reason.text };
}
