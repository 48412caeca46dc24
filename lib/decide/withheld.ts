import type { EventKind } from '../words/event.ts';
import { decide, type Decision, type DecideInput } from './decide.ts';
import { causeOf } from './held.ts';
import { whole } from './remembered.ts';

/** Bad news that waits. */
export interface Withheld {
  /** what keeps it: `maintenance: kernel update`, `flapping` */
  readonly cause: string;
  /** what would be announced with this result if nothing held it; at least one */
  readonly events: readonly EventKind[];
}

/** What a decision keeps back; null: nothing. Found out by deciding the same without a hold. */
export function withheld(input: DecideInput, { record, drafts }: Decision): Withheld | null {
  const cause = causeIn(input, record);
  if (cause === null) return null;
  const free = decide({ ...input, hold: null, policy: { ...input.policy, flapping: null } });
  const told = new Set<EventKind>(drafts.map(({ event }) => event));
  const events = free.drafts
    .map(({ event }) => event)
    .filter((event) => event !== 'flapping' && !told.has(event));
  return events.length === 0 ? null : { cause, events: [...new Set(events)] };
}

/** An unknown result leaves what held the one before as it was. */
function causeIn({ result }: DecideInput, record: Decision['record']): string | null {
  const { held, unknown } = whole(record);
  if (result.status === 'unknown') return unknown?.held ?? null;
  return held === null ? null : causeOf(held);
}
