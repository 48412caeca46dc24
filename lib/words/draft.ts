import type { Event, Incident } from './event.ts';

/** An incident whose id may still have to be stamped: null from its on_down draft until that is committed. */
export type DraftIncident = Omit<Incident, 'id'> & { readonly id: string | null };

/**
 * An event as decided, before lib/state stamps its id. `incident.id` is null when the incident begins with this
 * very decision; the stamped id then goes into the drafts and into the record alike.
 */
export type Draft = Omit<Event, 'id' | 'incident'> & { readonly incident: DraftIncident | null };

/** What tells the drafts of one decision apart, for their ids: `down`, `change:answers`. */
export function draftKey(draft: Draft): string {
  return draft.change === null ? draft.event : `${draft.event}:${draft.change.fact}`;
}
