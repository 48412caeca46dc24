import type { HookReference } from '../state/hook-reference.ts';
import type { EventProgress, HookLine, Untold } from '../state/journal-line.ts';
import type { Event } from '../words/event.ts';

/** What the journal says of an on_down that will not be tried for this hook and never was; undefined for all else. */
export function untoldOf(event: Event, hook: HookReference, attempts: number): Untold | undefined {
  if (event.event !== 'down' || event.incident === null || attempts > 0) return undefined;
  return { incident: event.incident.id, lane: hook.lane };
}

/**
 * Whether this event is an on_up whose on_down the same hook was never told of, or none at all: there is no on_up without
 * an on_down before it. A hook that was added meanwhile gets it when others have been told.
 */
export function createUntold(
  progress: ReadonlyMap<string, EventProgress>,
): (event: Event, hook: HookReference) => boolean {
  return (event, hook) => {
    if (event.event !== 'up' || event.incident === null) return false;
    const { id } = event.incident;
    for (const { hooks } of progress.values()) {
      const lines = [...hooks.values()];
      const untold = lines.flatMap((line) => untoldIn(line, id));
      if (untold.length === 0) continue;
      return untold.length === lines.length || untold.some(({ lane }) => lane === hook.lane);
    }
    return false;
  };
}

function untoldIn(line: HookLine, incident: string): readonly Untold[] {
  const untold = line.k === 'dead' || line.k === 'dropped' ? line.untold : undefined;
  return untold?.incident === incident ? [untold] : [];
}
