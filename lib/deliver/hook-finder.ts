import type { HookReference } from '../state/hook-reference.ts';
import type { Event } from '../words/event.ts';
import type { ServiceHooks } from '../words/service.ts';
import { findHooks, type FoundHooks, type HookPlace } from './hook-lookup.ts';

/** The hooks of an event by what the config says now. `own`: of a service that is no longer in the config. */
export type HookFinder = (
  event: Pick<Event, 'event' | 'service'>,
  own?: ServiceHooks | null,
) => readonly HookReference[];

/**
 * Finds hooks, looking at each name in the hooks directory once. What looks like a hook and is none is reported.
 */
export function createHookFinder(
  place: HookPlace,
  services: ReadonlyMap<string, ServiceHooks>,
  report: (line: string) => void,
): HookFinder {
  const general = new Map<string, FoundHooks>();
  const lookIn = (name: string): FoundHooks => {
    const known = general.get(name);
    if (known !== undefined) return known;
    const found = findHooks(name, null, place);
    general.set(name, found);
    for (const { reason, expected } of found.skipped) if (!expected) report(reason);
    return found;
  };
  return (event, own) => {
    const name = `on_${event.event}`;
    const service = services.get(event.service) ?? own ?? null;
    const added = findHooks(name, service, { ...place, dir: null }).hooks;
    return service?.replace === true ? added : [...lookIn(name).hooks, ...added];
  };
}
