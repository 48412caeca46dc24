import { adopt } from '../state/adoption.ts';
import { forgetGone } from '../state/forgetting.ts';
import { hasUntold } from '../state/dead-letters.ts';
import { passingId, sid, stampTransition, type Stamp } from '../state/identity.ts';
import { readJournal } from '../state/journal.ts';
import { saveMemory, stampOf, type Memory } from '../state/memory.ts';
import { removeEntries, setDamagedAside, syncQueue, type QueueContent } from '../state/queue.ts';
import type { QueueEntry } from '../state/queue-entry.ts';
import type { State } from '../state/state-directory.ts';
import type { Draft } from '../words/draft.ts';
import type { Event } from '../words/event.ts';
import type { ServiceRecord } from '../words/record.ts';
import { createCommitGroup } from './commit-group.ts';
import type { Delivery } from './delivery.ts';
import { isFinished } from './finished-entry.ts';
import type { DeliveryCounts } from './tally.ts';

export interface OutboxOptions {
  readonly state: State;
  /** as loaded under the probe lock */
  readonly memory: Memory;
  readonly queue: QueueContent;
  readonly delivery: Delivery;
  /**
   * run: hooks are fixed at commit and start; store: fixed, and left to `puptime deliver`;
   * print: left open (`puptime decide`): whoever delivers takes the hooks of its own config
   */
  readonly mode: 'run' | 'store' | 'print';
  /** ms since the epoch */
  readonly now: () => number;
}

/** What lib/decide makes of a result. */
export interface Decided {
  readonly record: ServiceRecord;
  readonly drafts: readonly Draft[];
  /** true: a transition, even one without drafts */
  readonly changed: boolean;
}

export interface Committed {
  /** with their ids; they have happened */
  readonly events: readonly Event[];
  /** false: the state cannot be written; their hooks run from copies (exit code 74) */
  readonly durable: boolean;
}

/** Decisions go in; memory, event files and hooks come out. For the holder of the probe lock. */
export interface Outbox {
  /**
   * Remembers a decision. With a transition that some hook is for: settles once it is on disk, at most 50 ms later; its
   * hooks start at that instant. Without: at once, and it is on disk after `snapshot`.
   */
  readonly commit: (decided: Decided) => Promise<Committed>;
  /** on_result and on_run: one try, nothing kept. `results`: the lines of the file that on_run gets. Returns the event. */
  readonly offer: (draft: Draft, results?: string) => Event;
  /** what is remembered now, as `snapshot` writes it */
  readonly records: () => ReadonlyMap<string, ServiceRecord>;
  /**
   * Writes the memory when all is decided, then takes finished entries out of the queue. False when it cannot be written
   * (exit code 74): the old one still stands. Release the probe lock after it.
   */
  readonly snapshot: () => boolean;
  /** Settles when all hooks that can run now have run and the delivery lock is free. To be called once, last. */
  readonly drain: () => Promise<DeliveryCounts>;
}

export function createOutbox({ state, memory, queue, delivery, mode, now }: OutboxOptions): Outbox {
  const records = new Map(memory.records);
  const inSnapshot = { state: new Map<string, number>(), overlay: new Map<string, number>() };
  const entries: QueueEntry[] = [...queue.entries];
  const group = createCommitGroup(state, (entry) => {
    entries.push(entry);
    if (mode === 'run') delivery.deliver(entry);
  });
  const stampFor = (service: string): Stamp => records.get(service) ?? stampOf(memory, service);
  const isCovered = ({ record, seq, durable }: QueueEntry) => {
    if (record === null) return false;
    const known = durable ? [inSnapshot.state] : [inSnapshot.state, inSnapshot.overlay];
    return known.some((snapshot) => (snapshot.get(record.service) ?? -1) >= seq);
  };
  const restore = (service: string, before: ServiceRecord | undefined) => {
    if (before === undefined) records.delete(service);
    else records.set(service, before);
  };
  /** The snapshot knows all that the overlay and the damaged files say. */
  const takeOver = () => {
    const error = adopt(state, 'transitions');
    if (error !== null) delivery.tally.cannotWrite(error);
    delivery.tally.attempt(() => setDamagedAside(state, queue.damaged));
  };
  const isTaken = mode === 'run' && (entries.length > 0 || isUntold(state, delivery)) && delivery.begin();
  if (entries.length > 0 && !isTaken) delivery.tally.attempt(() => syncQueue(state));

  return {
    commit: async ({ record, drafts, changed }) => {
      const { service } = record;
      const before = records.get(service);
      const last = stampFor(service);
      if (drafts.length === 0 && !changed) {
        records.set(service, { ...record, seq: last.seq, id: last.id });
        return { events: [], durable: true };
      }
      const transition = stampTransition(state.salt, last, record, drafts);
      const { events } = transition;
      const found = events.map((event) => [event.id, delivery.find(event, record.hooks)] as const);
      const hooks = mode === 'print' ? null : Object.fromEntries(found);
      records.set(service, transition.record);
      // Nobody is to be told, so the snapshot will do: until it is there, the next run decides the same under the same ids.
      if (mode !== 'print' && found.every(([, those]) => those.length === 0))
        return { events, durable: true };
      const stored = { record: transition.record, events, hooks, committed: now() };
      const { entry, error } = await group.add({ sid: sid(service), seq: transition.record.seq, ...stored });
      if (error !== null) delivery.tally.cannotWrite(error);
      if (entry !== null) return { events, durable: entry.durable };
      // It has not happened: the next run must see it again, under the same ids.
      restore(service, before);
      if (mode !== 'print') {
        for (const event of events) delivery.deliverUnstored(event, hooks?.[event.id] ?? []);
      }
      return { events, durable: false };
    },
    offer: (draft, results) => {
      const event = stampPassing(state.salt, stampFor(draft.service), draft);
      if (mode !== 'print') delivery.offer(event, delivery.find(event), results ?? null);
      return event;
    },
    records: () => records,
    snapshot: () => {
      group.flush();
      const kept = forgetGone({ records, lost: memory.lost }, now(), state.salt);
      const saved = saveMemory(state, kept.records.values(), kept.lost);
      if (saved.where !== 'state') delivery.tally.cannotWrite(saved.error);
      if (saved.where === 'nowhere') return false;
      for (const { service, seq } of records.values()) inSnapshot[saved.where].set(service, seq);
      if (saved.where === 'state') takeOver();
      delivery.tidy(isCovered);
      if (mode !== 'run') delivery.trim();
      delivery.tally.attempt(() => removeFinished(state, entries.filter(isCovered)));
      return saved.where === 'state';
    },
    drain: () => delivery.drain(isCovered),
  };
}

/** A run that was killed once the dead letter was written, and its queue entry gone, has left on_dead to us. */
function isUntold(state: State, delivery: Delivery): boolean {
  return delivery.tally.attempt(() => hasUntold(state)) === true;
}

/** An event that is not committed: on_result, on_run, and everything without memory. */
export function stampPassing(salt: string, last: Stamp, draft: Draft): Event {
  const { incident, ...rest } = draft;
  const id = passingId(salt, last, [draft.event, draft.service, draft.time, draft.run.id]);
  return { ...rest, id, incident: incident === null ? null : { ...incident, id: incident.id ?? id } };
}

/** Also those that another process has delivered: `puptime deliver` removes nothing that only the memory can replace. */
function removeFinished(state: State, entries: readonly QueueEntry[]): void {
  if (entries.length === 0) return;
  const progress = readJournal(state);
  removeEntries(
    state,
    entries.filter((entry) => isFinished(entry, progress)),
  );
}
