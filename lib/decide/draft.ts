import type { Draft } from '../words/draft.ts';
import type { EventKind } from '../words/event.ts';
import type { Reason } from '../words/reason.ts';
import type { ServiceRecord } from '../words/record.ts';
import type { Result, ResultBody } from '../words/result.ts';
import { failuresOf } from './streak.ts';

/** What a draft says beyond its result. */
export type Telling = Partial<
  Pick<
    Draft,
    | 'status'
    | 'summary'
    | 'reason'
    | 'cause'
    | 'previous'
    | 'since'
    | 'failures'
    | 'incident'
    | 'change'
    | 'truncated'
    | 'gap_ms'
    | 'results_file'
  >
>;

/** An event made from a result, or from anything that has a result's body. */
export function draft(event: EventKind, body: ResultBody, telling: Telling = {}): Draft {
  return {
    schema: 'puptime.event.v1',
    event,
    ...bodyOf(body),
    cause: null,
    previous: null,
    since: body.time,
    failures: 0,
    incident: null,
    change: null,
    gap_ms: null,
    results_file: null,
    delivery: null,
    ...telling,
  };
}

/** The event for on_result: best effort, never in the queue. It tells of this one probe, so it has its status. */
export function draftResult(
  result: Result,
  before: ServiceRecord | null,
  after: ServiceRecord,
  gap_ms: number | null = null,
): Draft {
  const { since, streak, incident } = after;
  return draft('result', result, {
    previous: previousOf(before),
    since,
    failures: failuresOf(streak),
    incident,
    gap_ms,
  });
}

/** The confirmed status before this result; null when there was none. */
export function previousOf(before: ServiceRecord | null): Draft['previous'] {
  if (before === null || before.time === null) return null;
  return { status: before.status, since: before.since, time: before.time };
}

/** The reasons with this one first. */
export function leadWith(reason: Reason, reasons: readonly Reason[]): readonly Reason[] {
  return [reason, ...reasons.filter((other) => other !== reason)];
}

/** Named one by one: a result that came through a pipe may carry more. */
function bodyOf(body: ResultBody): ResultBody {
  return {
    service: body.service,
    status: body.status,
    summary: body.summary,
    reason: body.reason,
    reasons: body.reasons,
    time: body.time,
    type: body.type,
    target: body.target,
    address: body.address,
    family: body.family,
    addresses: body.addresses,
    duration_ms: body.duration_ms,
    timings: body.timings,
    facts: body.facts,
    metrics: body.metrics,
    output: body.output,
    truncated: body.truncated,
    attempts: body.attempts,
    description: body.description,
    group: body.group,
    tags: body.tags,
    vars: body.vars,
    runbook: body.runbook,
    hint: body.hint,
    run: body.run,
    test: body.test,
  };
}
