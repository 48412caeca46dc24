import { adopt } from '../state/adoption.ts';
import { openJournal } from '../state/journal.ts';
import { readQueue, setDamagedAside, syncQueue } from '../state/queue.ts';
import type { QueueEntry } from '../state/queue-entry.ts';
import type { State } from '../state/state-directory.ts';
import { giveUp, type GiveUpContext } from './give-up.ts';
import { createJournalWriter, type JournalWriter } from './journal-writer.ts';
import { beyondBounds } from './queue-bounds.ts';

/**
 * What the holder of the delivery lock does first: takes over events from elsewhere that the overlay has, reads all that
 * waits, and gives up what is beyond the bounds. Throws the errno of what cannot be read.
 */
export function openQueue(
  state: State,
  context: Omit<GiveUpContext, 'state' | 'note'>,
): { readonly journal: JournalWriter; readonly entries: readonly QueueEntry[] } {
  const { tally } = context;
  const unwritable = adopt(state, 'arrivals');
  if (unwritable !== null) tally.cannotWrite(unwritable);
  const { entries, damaged } = readQueue(state);
  if (entries.length > 0) tally.attempt(() => syncQueue(state));
  const arrivals = damaged.filter(({ received }) => received);
  tally.attempt(() => setDamagedAside(state, arrivals));
  const ids = new Set(entries.flatMap(({ events }) => events.map(({ id }) => id)));
  const journal = createJournalWriter(openJournal(state, ids));
  for (const given of beyondBounds(entries, journal.all())) {
    giveUp(given, { ...context, state, note: journal.note });
  }
  return { journal, entries };
}
