import { isSettled, type EventProgress } from '../state/journal-line.ts';
import type { QueueEntry } from '../state/queue-entry.ts';

/** True when the journal says that nothing is left to do for any (event, hook) of an entry. */
export function isFinished(entry: QueueEntry, progress: ReadonlyMap<string, EventProgress>): boolean {
  return entry.events.every(({ id }) => {
    const event = progress.get(id);
    const hooks = entry.hooks?.[id] ?? event?.bound?.hooks;
    return hooks !== undefined && hooks.every(({ path }) => isSettled(event?.hooks.get(path)));
  });
}
