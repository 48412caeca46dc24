import { readDeadLetters, pruneDeadLetters, type DeadLetter } from '../state/dead-letters.ts';
import type { HookReference } from '../state/hook-reference.ts';
import { isSettled, type HookLine } from '../state/journal-line.ts';
import { tryLock, type Lock } from '../state/lock.ts';
import { listQueue, readQueue, removeEntries, syncQueue } from '../state/queue.ts';
import { isAgain, queueName, type QueueEntry } from '../state/queue-entry.ts';
import type { State } from '../state/state-directory.ts';
import type { Event } from '../words/event.ts';
import type { AttemptContext } from './attempt.ts';
import type { JournalWriter } from './journal-writer.ts';
import type { Lanes } from './lanes.ts';
import { endOrphan } from './orphan.ts';
import { openQueue } from './queue-opening.ts';
import { isSettledParcel, type Delivery, type Parcel } from './parcel.ts';

export interface DelivererOptions {
  readonly state: State;
  readonly lanes: Lanes;
  /** PATH to find flock(1) in */
  readonly path: string | undefined;
  readonly context: Omit<AttemptContext, 'stored'>;
  /** the hooks of our own config, for events that came without */
  readonly hooksFor: (event: Event) => readonly HookReference[];
}

/** Works off the queue while it holds the delivery lock. */
export interface Deliverer {
  /** Takes the lock and begins with all that waits; false when another process has it: it will find our events itself. */
  readonly take: () => boolean;
  /** For those who deliver nothing themselves: gives up what is beyond the bounds of the queue, if nobody else delivers. */
  readonly trim: () => void;
  /** what an attempt needs while the lock is held; null otherwise */
  readonly stored: () => AttemptContext['stored'];
  /** Begins with an entry that this process has just committed, if it holds the lock. */
  readonly admit: (entry: QueueEntry) => void;
  /** Looks for entries that others have left since. */
  readonly look: () => void;
  /** Removes entries whose hooks are all settled and whose `seq` the snapshot holds (`covered`), if any. */
  readonly tidy: (covered: (entry: QueueEntry) => boolean) => void;
  /** Writes the journal, frees the lock. True when something has come to the queue meanwhile: take it again. */
  readonly release: () => boolean;
}

interface Held {
  readonly lock: Lock;
  readonly journal: JournalWriter;
  readonly timer: NodeJS.Timeout;
}

interface Admitted {
  readonly entry: QueueEntry;
  readonly parcels: readonly Parcel[];
}

/** With fewer files the queue is within its bounds. */
const MOST_UNTRIMMED = 100;

/** How often the holder looks whether somebody who found the lock held has left events. */
const LOOK_EVERY_MS = 100;

export function createDeliverer(options: DelivererOptions): Deliverer {
  const { state, lanes, context } = options;
  const { tally, now } = context;
  let held: Held | null = null;
  const known = new Map<string, Admitted>();
  const news = createNews(known);
  const repeats = createRepeats();

  const admitEntry = (entry: QueueEntry, journal: JournalWriter) => {
    const parcels = entry.events.map((event): Parcel => {
      const lines = journal.progress(event.id)?.hooks;
      const deliveries = hooksOf(entry, event, journal).map((hook) =>
        repeats.once(entry, event, deliveryOf(hook, lines?.get(hook.path), now())),
      );
      return { event, entry, committed: entry.committed, deliveries };
    });
    known.set(queueName(entry), { entry, parcels });
    for (const parcel of parcels) {
      for (const { hook } of parcel.deliveries) {
        const line = journal.progress(parcel.event.id)?.hooks.get(hook.path);
        if (line?.k === 'started') lanes.hold(parcel.event.service, endOrphan(line));
      }
      if (!isSettledParcel(parcel)) lanes.admit(parcel);
    }
  };
  const hooksOf = (entry: QueueEntry, event: Event, journal: JournalWriter): readonly HookReference[] => {
    const fixed = entry.hooks?.[event.id] ?? journal.progress(event.id)?.bound?.hooks;
    if (fixed !== undefined) return fixed;
    const hooks = options.hooksFor(event);
    journal.note({ k: 'bound', id: event.id, t: now(), hooks });
    journal.writtenSoon();
    return hooks;
  };
  const look = () => {
    tally.attempt(() => {
      if (held === null) return;
      const fresh = listQueue(state).filter(news.isNew);
      if (fresh.length === 0) return;
      const { entries } = readQueue(state);
      // What was read is to outlive a power cut before its hooks start; it need not come from a process that still lives.
      tally.attempt(() => syncQueue(state));
      for (const entry of entries) {
        if (!known.has(queueName(entry))) admitEntry(entry, held.journal);
      }
      news.passOver(fresh);
    });
  };
  return {
    trim: () => {
      if (held === null && listQueue(state).length > MOST_UNTRIMMED) trim(options);
    },
    take: () => {
      if (held !== null) return true;
      const lock = tryLock(state, { kind: 'delivery', path: options.path });
      if (lock === null) return false;
      known.clear();
      news.clear();
      repeats.clear();
      const opened = tally.attempt(() => ({ names: listQueue(state), ...openQueue(state, context) }));
      if (opened === null) {
        lock.release();
        return false;
      }
      const { names, journal, entries } = opened;
      // A look costs one readdir; the process may end while it waits for the next.
      const timer = setInterval(look, LOOK_EVERY_MS).unref();
      held = { lock, journal, timer };
      for (const entry of entries) admitEntry(entry, journal);
      news.passOver(names);
      tally.attempt(() => lettersToTell(state, now()).forEach(context.tellDead));
      return true;
    },
    stored: () => (held === null ? null : { state, journal: held.journal }),
    admit: (entry) => {
      if (held !== null && !known.has(queueName(entry))) admitEntry(entry, held.journal);
    },
    look,
    tidy: (covered) => {
      const finished = [...known.values()].filter(
        ({ entry, parcels }) => parcels.every(isSettledParcel) && (entry.record === null || covered(entry)),
      );
      if (held === null || finished.length === 0) return;
      const journal = held.journal;
      const error = journal.flushNow();
      if (error !== null) return tally.cannotWrite(error);
      tally.attempt(() => {
        const entries = finished.map(({ entry }) => entry);
        removeEntries(state, entries);
        for (const entry of entries) known.delete(queueName(entry));
      });
    },
    release: () => {
      if (held === null) return false;
      clearInterval(held.timer);
      const error = held.journal.close();
      if (error !== null) tally.cannotWrite(error);
      held.lock.release();
      held = null;
      lanes.forgetStored();
      return listQueue(state).some(news.isNew);
    },
  };
}

function trim({ state, context, path }: DelivererOptions): void {
  const { tally } = context;
  const lock = tryLock(state, { kind: 'delivery', path });
  if (lock === null) return;
  tally.attempt(() => {
    const error = openQueue(state, context).journal.close();
    if (error !== null) tally.cannotWrite(error);
  });
  lock.release();
}

/** The dead whose on_dead has not run; those too old for us are gone after it. */
function lettersToTell(state: State, now: number): readonly DeadLetter[] {
  return pruneDeadLetters(state, readDeadLetters(state), now).filter(({ told }) => !told);
}

/**
 * Names that have come since the last look. Damaged files wait for the holder of the probe lock: however often we look,
 * there is nothing in them for us.
 */
function createNews(known: ReadonlyMap<string, unknown>) {
  const passedOver = new Set<string>();
  return {
    isNew: (name: string): boolean => !known.has(name) && !passedOver.has(name),
    /** after all that can be read of these has been admitted */
    passOver: (names: readonly string[]) => {
      for (const name of names) if (!known.has(name)) passedOver.add(name);
    },
    clear: () => passedOver.clear(),
  };
}

/**
 * A dead letter that is tried again is a file of its own, while the one that it came from may still be there: the first
 * that is admitted stands for both.
 */
function createRepeats() {
  const again = new Set<string>();
  return {
    once: (entry: QueueEntry, { id }: Event, delivery: Delivery): Delivery => {
      const key = `${id} ${delivery.hook.path}`;
      const known = again.has(key);
      if (isAgain(entry)) again.add(key);
      return known ? { ...delivery, settled: true } : delivery;
    },
    clear: () => again.clear(),
  };
}

function deliveryOf(hook: HookReference, line: HookLine | undefined, now: number): Delivery {
  return {
    hook,
    attempts: line?.n ?? 0,
    next: line?.k === 'failed' ? line.next : line?.k === 'started' ? afterCrash(line.n, line.t) : now,
    settled: isSettled(line),
    refused: false,
    done: line?.k === 'done',
    ...(line?.k === 'failed' && line.since !== undefined ? { since: line.since } : {}),
  };
}

/** A hook that was cut short with its runner is tried again at once; one to which that happens again and again may be the cause. */
function afterCrash(attempts: number, started: number): number {
  return attempts <= 3 ? 0 : started + 60_000 * 2 ** Math.min(attempts - 4, 6);
}
