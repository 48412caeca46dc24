import { readJournal } from '../state/journal.ts';
import type { QueueEntry } from '../state/queue-entry.ts';
import type { State } from '../state/state-directory.ts';
import type { Event } from '../words/event.ts';

/**
 * Events that `puptime decide` has committed in earlier runs and that nobody has taken since: to be printed again, in
 * order, before any new one.
 */
export function unacknowledged(state: State, entries: readonly QueueEntry[]): readonly Event[] {
  const waiting = entries.filter(({ hooks, record }) => hooks === null && record !== null);
  if (waiting.length === 0) return [];
  const progress = readJournal(state);
  return waiting.flatMap(({ events }) => events.filter(({ id }) => progress.get(id) === undefined));
}
