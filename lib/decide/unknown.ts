import type { WholeRecord } from '../words/record.ts';
import type { WholeDecision } from './announcement.ts';
import type { DecideInput } from './decide.ts';
import { draft, previousOf } from './draft.ts';
import { causeOf, heldNow } from './held.ts';
import { failuresOf } from './streak.ts';

/**
 * A result that says nothing about the service: one on_unknown for a whole spell, when nothing holds it, and nothing
 * that is remembered of the service itself moves. The event's status is unknown; `previous` is the one that still stands.
 */
export function decideUnknown(
  before: WholeRecord,
  { result, hold, gap_ms = null }: DecideInput,
): WholeDecision {
  const since = before.unknown?.since ?? result.time;
  const spell = { since, time: result.time, summary: result.summary };
  const held = heldNow(before.held, hold, before.flapping, result.time);
  if (before.unknown !== null && before.unknown.held === undefined) {
    return { record: { ...before, unknown: spell }, drafts: [], changed: false };
  }
  if (held !== null) {
    return { record: { ...before, unknown: { ...spell, held: causeOf(held) } }, drafts: [], changed: false };
  }
  const telling = {
    cause: before.unknown?.held ?? null,
    previous: previousOf(before),
    since,
    failures: failuresOf(before.streak),
    incident: before.incident,
    gap_ms,
  };
  return {
    record: { ...before, unknown: spell },
    drafts: [draft('unknown', result, telling)],
    changed: true,
  };
}
