import { readJournal } from '../state/journal.ts';
import { isQueued, readQueue, storeReceived } from '../state/queue.ts';
import type { State } from '../state/state-directory.ts';
import type { Event } from '../words/event.ts';
import { ISOLATION } from '../words/record.ts';
import type { Delivery } from './delivery.ts';
import { parseForeignEvent } from './foreign-event.ts';
import { createRunLines } from './run-lines.ts';
import type { DeliverWorld } from './world.ts';

export interface InboxOptions {
  readonly state: State;
  readonly delivery: Delivery;
  readonly world: Pick<DeliverWorld, 'now' | 'unique'>;
}

export type Acceptance =
  /** it is on disk, or was seen before: the sender need not send it again */
  | { readonly kind: 'accepted'; readonly id: string }
  /** the state takes it not: its hooks run all the same, and the sender should send it again */
  | { readonly kind: 'not_stored'; readonly id: string }
  /** it is no event; one line */
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Takes events from elsewhere, for `puptime deliver -`. Their hooks are those of our own config alone. on_result and
 * on_run get their one try and are not stored.
 */
export interface Inbox {
  /** One line of JSON. On disk, synced, when this returns; only then do its hooks start. */
  readonly accept: (line: string) => Acceptance;
}

export function createInbox({ state, delivery, world }: InboxOptions): Inbox {
  // Before anything is taken: what `puptime decide` has left in a queue that we share is known, not new.
  const seen = new Set(readJournal(state).keys());
  const begun = new Set<string>();
  for (const { events, durable } of readQueue(state).entries) {
    for (const { id } of events) (durable ? seen : begun).add(id);
  }
  const lines = createRunLines();

  return {
    accept: (line) => {
      const parsed = parseForeignEvent(line);
      if (parsed.kind === 'refused') return parsed;
      const { event } = parsed;
      if (event.event === 'result' || event.event === 'run') {
        const results = event.event === 'run' ? lines.text() : null;
        if (!seen.has(event.id)) delivery.offer(event, delivery.find(event), results);
        if (event.event === 'result') lines.add(event);
        seen.add(event.id);
        return { kind: 'accepted', id: event.id };
      }
      lines.add(event);
      // A `puptime decide` that feeds us through a pipe commits to the queue that we share just before it prints.
      if (!seen.has(event.id) && isQueued(state, ownerOf(event), event.id)) seen.add(event.id);
      if (seen.has(event.id)) {
        delivery.begin();
        return { kind: 'accepted', id: event.id };
      }
      if (begun.has(event.id)) return { kind: 'not_stored', id: event.id };
      const { entry, error } = storeReceived(state, event, world.now(), world.unique());
      if (entry === null) delivery.deliverUnstored(event, delivery.find(event));
      else delivery.deliver(entry);
      (error === null ? seen : begun).add(event.id);
      if (error === null) return { kind: 'accepted', id: event.id };
      delivery.tally.cannotWrite(error);
      return { kind: 'not_stored', id: event.id };
    },
  };
}

/** In whose record it was committed: that this host is cut off is remembered under a name that no service can have. */
function ownerOf({ event, service }: Event): string {
  return event === 'isolated' ? ISOLATION : service;
}
