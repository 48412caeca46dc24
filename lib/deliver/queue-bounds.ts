import type { HookReference } from '../state/hook-reference.ts';
import { isSettled, type EventProgress } from '../state/journal-line.ts';
import type { QueueEntry } from '../state/queue-entry.ts';
import { isFinished } from './finished-entry.ts';
import type { GivenUp } from './give-up.ts';

export interface QueueBounds {
  readonly perService: number;
  readonly inAll: number;
}

/** Of transitions that wait. */
const BOUNDS: QueueBounds = { perService: 100, inAll: 10_000 };

/** Nobody has taken an event of `puptime decide`: there is no hook to name. */
const NOBODY: HookReference = { path: 'nobody', lane: '' };

/** What is to be given up of a queue beyond its bounds, the oldest first. `entries` are in their order. */
export function beyondBounds(
  entries: readonly QueueEntry[],
  progress: ReadonlyMap<string, EventProgress>,
  bounds = BOUNDS,
): readonly GivenUp[] {
  if (entries.length <= bounds.perService) return [];
  const open = entries.filter((entry) => !isFinished(entry, progress));
  return entriesBeyond(open, bounds).flatMap((entry) => {
    const why = `more than ${bounds.perService} events of a service, or ${bounds.inAll} in all, wait`;
    return entry.events.flatMap((event) => {
      const known = progress.get(event.id);
      const hooks = entry.hooks?.[event.id] ?? known?.bound?.hooks ?? [NOBODY];
      return hooks.flatMap((hook): GivenUp[] => {
        const line = known?.hooks.get(hook.path);
        return isSettled(line) ? [] : [{ event, hook, attempts: line?.n ?? 0, why, output: '' }];
      });
    });
  });
}

function entriesBeyond(entries: readonly QueueEntry[], { perService, inAll }: QueueBounds): QueueEntry[] {
  const waiting = new Map<string, number>();
  for (const { sid } of entries) waiting.set(sid, (waiting.get(sid) ?? 0) + 1);
  const beyond: QueueEntry[] = [];
  const rest: QueueEntry[] = [];
  for (const entry of entries) {
    const left = waiting.get(entry.sid) ?? 0;
    waiting.set(entry.sid, left - 1);
    (left > perService ? beyond : rest).push(entry);
  }
  rest.sort((a, b) => a.committed - b.committed);
  return [...beyond, ...rest.slice(0, Math.max(0, rest.length - inAll))];
}
