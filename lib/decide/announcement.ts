import type { Draft } from '../words/draft.ts';
import type { EventKind } from '../words/event.ts';
import type { WholeRecord } from '../words/record.ts';
import { degradations } from './degradation-news.ts';
import { draft, previousOf } from './draft.ts';
import { causeOf } from './held.ts';
import { common, type Outcome } from './outcome.ts';
import { flapping, outage, recovery, reminder } from './outage-news.ts';

/** What was decided, before its record is made small. */
export interface WholeDecision {
  readonly record: WholeRecord;
  readonly drafts: readonly Draft[];
  readonly changed: boolean;
}

/**
 * The drafts for what is new in an outcome, and the record that knows that they have been told. Bad news waits while
 * something holds it; that news of an announced outage or degradation is over never does.
 */
export function tell(outcome: Outcome): WholeDecision {
  const drafts = [
    ...first(outcome),
    ...recovery(outcome),
    ...flapping(outcome),
    ...outage(outcome),
    ...degradations(outcome),
    ...changes(outcome),
    ...reminder(outcome),
  ];
  const told = { ...outcome.after, ...toldAfter(outcome, new Set(drafts.map(({ event }) => event))) };
  const record = { ...told, owed: owedAfter(outcome, told) };
  // An incident that nobody is told of yet needs its id all the same: on_result has it.
  const begins = outcome.before.incident === null && record.incident !== null;
  return { record, drafts, changed: drafts.length > 0 || begins };
}

/** on_first tells of one probe, confirmed or not, so it has that probe's status. */
function first(outcome: Outcome): readonly Draft[] {
  const { before, result } = outcome;
  return before.time === null ? [draft('first', result, { ...common(outcome), status: result.status })] : [];
}

function changes(outcome: Outcome): readonly Draft[] {
  const { after, result, watched } = outcome;
  if (after.held !== null) return [];
  const truncated = result.truncated || watched.truncated;
  return watched.changes.map((change) =>
    draft('change', result, { ...common(outcome), change, truncated, summary: `${change.fact} changed` }),
  );
}

function toldAfter(
  outcome: Outcome,
  sent: ReadonlySet<EventKind>,
): Pick<WholeRecord, 'told' | 'announced' | 'incident'> {
  const { before, after, result } = outcome;
  const { told } = before;
  const { incident } = after;
  switch (after.status) {
    case 'down': {
      const { perhaps, ...sure } = told;
      const now = sent.has('down') ? { ...sure, down: true } : told;
      const announced = sent.has('down') || sent.has('reminder') ? result.time : before.announced;
      const reminders = (incident?.reminders ?? 0) + (sent.has('reminder') ? 1 : 0);
      return { told: now, announced, incident: incident && { ...incident, reminders } };
    }
    case 'unknown':
      return { told, announced: before.announced, incident };
    case 'up':
      return {
        told: { down: false, slow: false, other: false, degraded: false },
        announced: null,
        incident,
      };
    case 'degraded': {
      const slow = after.slow.length > 0 && (told.slow || sent.has('slow'));
      const other = after.other.length > 0 && (told.other || sent.has('degraded'));
      const degraded = told.degraded || slow || other;
      return { told: { down: false, slow, other, degraded }, announced: null, incident };
    }
  }
}

function owedAfter({ before, after }: Outcome, { told }: WholeRecord): WholeRecord['owed'] {
  const cause = after.held === null ? before.owed?.cause : causeOf(after.held);
  if (cause === undefined || !isUntold(after, told)) return null;
  const isSame = before.status === after.status && before.owed !== null;
  return { cause, previous: isSame ? before.owed.previous : previousOf(before) };
}

function isUntold({ status, slow, other }: WholeRecord, told: WholeRecord['told']): boolean {
  switch (status) {
    case 'down':
      return !told.down;
    case 'degraded':
      return (slow.length > 0 && !told.slow) || (other.length > 0 && !told.other);
    case 'up':
    case 'unknown':
      return false;
  }
}
