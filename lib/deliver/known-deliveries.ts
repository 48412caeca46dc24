import { isRunning } from '../process/process-mark.ts';
import { readDeadLetters, type DeadLetter } from '../state/dead-letters.ts';
import type { HookReference } from '../state/hook-reference.ts';
import { readJournal } from '../state/journal.ts';
import { isSettled, type EventProgress, type HookLine } from '../state/journal-line.ts';
import { readQueue } from '../state/queue.ts';
import type { QueueEntry } from '../state/queue-entry.ts';
import type { State } from '../state/state-directory.ts';
import { EVENT_KINDS, type Event, type EventKind } from '../words/event.ts';

/** One event and one of its hooks, wherever the state has it. */
export interface KnownDelivery {
  /** of the event */
  readonly id: string;
  /** null: of a settled one the state keeps only a line */
  readonly event: Event | null;
  readonly kind: EventKind | null;
  readonly service: string | null;
  /** null: whoever delivers it will choose */
  readonly hook: HookReference | null;
  /** what the journal says; undefined: nothing */
  readonly line: HookLine | undefined;
  /** where it waits; null once nothing is left to do */
  readonly entry: QueueEntry | null;
  /** null unless it was given up */
  readonly letter: DeadLetter | null;
  /** true: an earlier event of its service has to be settled first */
  readonly behind: boolean;
}

export interface KnownDeliveries {
  /** in the order of their delivery, service by service */
  readonly pending: readonly KnownDelivery[];
  /** the oldest first */
  readonly dead: readonly KnownDelivery[];
  /** done or dropped, the newest first: what the journal still has of them */
  readonly recent: readonly KnownDelivery[];
}

export interface DeliverySources {
  readonly entries: readonly QueueEntry[];
  readonly letters: readonly DeadLetter[];
  readonly progress: ReadonlyMap<string, EventProgress>;
}

/** All that the state knows, read without a lock while others deliver. Throws the errno of what cannot be read. */
export function readDeliveries(state: State): KnownDeliveries {
  // In this order: what is settled meanwhile is in the journal before it leaves the queue.
  const { entries } = readQueue(state);
  const progress = readJournal(state);
  const letters = state.missing === null ? readDeadLetters(state) : [];
  return knownDeliveries({ entries, letters, progress });
}

export function knownDeliveries({ entries, letters, progress }: DeliverySources): KnownDeliveries {
  const events = new Map<string, Event>();
  for (const { event } of letters) events.set(event.id, event);
  for (const entry of entries) for (const event of entry.events) events.set(event.id, event);
  return {
    pending: pendingOf(entries, progress),
    dead: letters.filter((letter) => !isSuperseded(letter, progress)).map(deadOf),
    recent: recentOf(progress, events),
  };
}

/** The process of a hook that was noted as started is there still. */
export function isUnderWay({ line }: KnownDelivery): boolean {
  return line?.k === 'started' && isRunning(line);
}

function pendingOf(
  entries: readonly QueueEntry[],
  progress: ReadonlyMap<string, EventProgress>,
): readonly KnownDelivery[] {
  const pending: KnownDelivery[] = [];
  const lanes = new Set<string>();
  const seen = new Set<string>();
  for (const entry of entries) {
    for (const event of entry.events) {
      const known = progress.get(event.id);
      const hooks = entry.hooks?.[event.id] ?? known?.bound?.hooks ?? [null];
      for (const hook of hooks) {
        const line = hook === null ? undefined : known?.hooks.get(hook.path);
        const key = `${event.id} ${hook?.path ?? ''}`;
        // A dead letter that is tried again, and the file that it came from.
        if (isSettled(line) || seen.has(key)) continue;
        seen.add(key);
        const lane = JSON.stringify([entry.sid, hook?.lane ?? null]);
        const { id, event: kind, service } = event;
        pending.push({ id, event, kind, service, hook, line, entry, letter: null, behind: lanes.has(lane) });
        if (hook !== null) lanes.add(lane);
      }
    }
  }
  return pending;
}

/** Retried by somebody who was killed before the letter was taken away: it waits, or is done already. */
function isSuperseded({ event, hook }: DeadLetter, progress: ReadonlyMap<string, EventProgress>): boolean {
  const line = progress.get(event.id)?.hooks.get(hook.path);
  return line !== undefined && line.k !== 'dead' && line.k !== 'dropped';
}

function deadOf(letter: DeadLetter): KnownDelivery {
  const { event, hook } = letter;
  const { id, event: kind, service } = event;
  return { id, event, kind, service, hook, line: undefined, entry: null, letter, behind: false };
}

function recentOf(
  progress: ReadonlyMap<string, EventProgress>,
  events: ReadonlyMap<string, Event>,
): readonly KnownDelivery[] {
  const recent: (KnownDelivery & { readonly line: HookLine })[] = [];
  for (const [id, { hooks, bound }] of progress) {
    const event = events.get(id) ?? null;
    for (const line of hooks.values()) {
      if (line.k !== 'done' && line.k !== 'dropped') continue;
      const hook = bound?.hooks.find(({ path }) => path === line.hook) ?? { path: line.hook, lane: '' };
      const kind = event?.event ?? EVENT_KINDS.find((known) => known === line.event) ?? null;
      const service = event?.service ?? line.service ?? null;
      recent.push({ id, event, kind, service, hook, line, entry: null, letter: null, behind: false });
    }
  }
  return recent.sort((a, b) => b.line.t - a.line.t);
}
