import type { Draft } from '../words/draft.ts';
import type { ServiceRecord } from '../words/record.ts';
import type { Result } from '../words/result.ts';
import type { Policy } from '../words/policy.ts';
import type { Decision } from './decide.ts';
import { otherReasons, slowReason } from './degradation.ts';
import { draft, leadWith, previousOf, type Telling } from './draft.ts';
import { endIncident, showLasted } from './incident.ts';
import { failuresOf } from './streak.ts';
import type { Watched } from './watch.ts';

export interface Outcome {
  readonly before: ServiceRecord;
  /** as decided; `told` is still that of before */
  readonly after: ServiceRecord;
  readonly result: Result;
  readonly policy: Policy;
  readonly watched: Watched;
}

/** The drafts for what is new in an outcome, and the record that knows that they have been told. */
export function tell(outcome: Outcome): Decision {
  const drafts = [...first(outcome), ...outage(outcome), ...degradation(outcome), ...changes(outcome)];
  const record = { ...outcome.after, told: toldAfter(outcome) };
  return { record, drafts, changed: drafts.length > 0 };
}

/** on_first tells of one probe, confirmed or not, so it has that probe's status. */
function first(outcome: Outcome): readonly Draft[] {
  const { before, result } = outcome;
  return before.time === null ? [draft('first', result, { ...common(outcome), status: result.status })] : [];
}

function outage(outcome: Outcome): readonly Draft[] {
  const { before, after, result } = outcome;
  const isDown = after.status === 'down';
  if (isDown && !before.told.down) return [draft('down', result, common(outcome))];
  if (isDown || !before.told.down) return [];
  const { incident } = before;
  const back = incident === null ? 'back' : `back after ${showLasted(incident, result.time)}`;
  const telling = {
    // Told of a down that is not remembered: the memory of it was damaged.
    cause: incident === null ? 'state_lost' : null,
    incident: incident && endIncident(incident, result.time),
    summary: `${back}: ${result.summary}`,
  };
  return [draft('up', result, { ...common(outcome), ...telling })];
}

/** Only of a service that is not down: what happens to the causes meanwhile is told when it is back. */
function degradation(outcome: Outcome): readonly Draft[] {
  const { before, after, result } = outcome;
  if (after.status !== 'degraded' && after.status !== 'up') return [];
  const drafts: Draft[] = [];
  if (isNew(after.slow, before.told.slow)) drafts.push(slow(outcome));
  if (isNew(after.other, before.told.other)) drafts.push(degraded(outcome));
  if (after.status === 'up' && before.told.degraded) {
    drafts.push(
      draft('restore', result, { ...common(outcome), summary: `not degraded any more: ${result.summary}` }),
    );
  }
  return drafts;
}

function isNew(causes: readonly string[], told: boolean): boolean {
  return causes.length > 0 && !told;
}

function slow(outcome: Outcome): Draft {
  const reason = slowReason(outcome.after.window, outcome.policy.slow?.total ?? 0);
  const reasons = leadWith(
    reason,
    outcome.result.reasons.filter(({ code }) => code !== 'slow'),
  );
  return draft(
    'slow',
    { ...outcome.result, reason, reasons },
    { ...common(outcome), summary: `${reason.text} (slow)` },
  );
}

function degraded(outcome: Outcome): Draft {
  const { result } = outcome;
  const [reason = result.reason] = otherReasons(result);
  const reasons = reason === null ? result.reasons : leadWith(reason, result.reasons);
  return draft('degraded', { ...result, reason, reasons }, common(outcome));
}

function changes(outcome: Outcome): readonly Draft[] {
  const { result, watched } = outcome;
  const truncated = result.truncated || watched.truncated;
  return watched.changes.map((change) =>
    draft('change', result, { ...common(outcome), change, truncated, summary: `${change.fact} changed` }),
  );
}

function common({ before, after }: Outcome): Telling {
  return {
    status: after.status,
    previous: previousOf(before),
    since: after.since,
    failures: failuresOf(after.streak),
    incident: after.incident,
  };
}

function toldAfter({ before, after }: Outcome): ServiceRecord['told'] {
  switch (after.status) {
    case 'down':
      return { ...before.told, down: true };
    case 'unknown':
      return before.told;
    case 'up':
      return { down: false, slow: false, other: false, degraded: false };
    case 'degraded':
      return { down: false, slow: after.slow.length > 0, other: after.other.length > 0, degraded: true };
  }
}
