import type { ServiceRecord } from '../words/record.ts';
import type { Result } from '../words/result.ts';
import type { Decision } from './decide.ts';
import { draft, previousOf } from './draft.ts';
import { failuresOf } from './streak.ts';

/**
 * A result that says nothing about the service: one on_unknown for a whole spell, and nothing that is remembered of
 * the service itself moves. The event's status is unknown; `previous` is the one that still stands.
 */
export function decideUnknown(before: ServiceRecord, result: Result): Decision {
  const since = before.unknown?.since ?? result.time;
  const record = { ...before, unknown: { since, time: result.time, summary: result.summary } };
  if (before.unknown !== null) return { record, drafts: [], changed: false };
  const telling = {
    previous: previousOf(before),
    since,
    failures: failuresOf(before.streak),
    incident: before.incident,
  };
  return { record, drafts: [draft('unknown', result, telling)], changed: true };
}
