import { readdirSync, readFileSync } from 'node:fs';
import type { Event } from '../words/event.ts';
import { moveAside } from './corrupt.ts';
import { createFile, createGroup, errnoOf, removeIfThere, syncDirectory } from './durable-file.ts';
import type { HookReference } from './hook-reference.ts';
import { lostId, sid, type Stamp } from './identity.ts';
import {
  parseEntry,
  parseQueueName,
  queueName,
  serialiseEntry,
  type EntryName,
  type NewEntry,
  type QueueEntry,
} from './queue-entry.ts';
import { directoriesOf, missingError, QUEUE, type State } from './state-directory.ts';

/** All that waits, in order. */
export interface QueueContent {
  readonly entries: readonly QueueEntry[];
  /** files that cannot be read as entries; `stamp` is where the chain of their service goes on */
  readonly damaged: readonly DamagedEntry[];
}

export interface DamagedEntry extends EntryName {
  readonly path: string;
  readonly stamp: Stamp;
}

/** What came of putting one entry into the queue. */
export interface Commitment {
  /** where it lies; null: nowhere, so it never happened */
  readonly entry: QueueEntry | null;
  /** why it is not on disk; null: it is */
  readonly error: Error | null;
}

/**
 * Commits transitions: state and events of each in one file, all files with one fsync of the directory. What the state
 * directory takes not, the overlay gets. `first`: nothing has been committed by this process before. In their order.
 */
export function commitTransitions(
  state: State,
  entries: readonly NewEntry[],
  { first }: { readonly first: boolean },
): readonly Commitment[] {
  const files = entries.map((entry) => ({ name: queueName(entry), data: serialiseEntry(entry) }));
  const failed = attemptAll(files, () => {
    if (state.missing !== null) throw missingError(state);
    // FORMAT and its salt must not be younger than the first id made from it.
    if (first) syncDirectory(state.dir);
    return createGroup(`${state.dir}/${QUEUE}`, files);
  });
  const rest = files.filter(({ name }) => failed.has(name));
  const lost = attemptAll(rest, () => {
    const overlay = rest.length === 0 ? '' : state.overlay.make();
    if (overlay === null) throw missingError(state);
    return rest.length === 0 ? new Map() : createGroup(`${overlay}/${QUEUE}`, rest);
  });
  return entries.map((entry): Commitment => {
    const name = queueName(entry);
    const error = failed.get(name) ?? null;
    return { entry: lost.has(name) ? null : { ...entry, durable: error === null }, error };
  });
}

/**
 * Stores one event that came from elsewhere, synced, behind all others of its service; where the state directory takes it
 * not, in the overlay. Needs no lock.
 */
export function storeReceived(state: State, event: Event, committed: number, unique: string): Commitment {
  const name = sid(event.service);
  const arrival = { sid: name, record: null, events: [event], hooks: null, committed };
  let seq = Math.max(0, ...queueFiles(state).flatMap((file) => (isArrivalOf(name, file) ? [file.seq] : [])));
  const storeIn = (directory: string): NewEntry => {
    for (;;) {
      const entry = { ...arrival, seq: ++seq };
      if (createFile(`${directory}/${QUEUE}/${queueName(entry)}`, serialiseEntry(entry), unique))
        return entry;
    }
  };
  const stored = attempt(() => {
    if (state.missing !== null) throw missingError(state);
    return storeIn(state.dir);
  });
  if (!(stored instanceof Error)) return { entry: { ...stored, durable: true }, error: null };
  const spare = attempt(() => {
    const overlay = state.overlay.make();
    if (overlay === null) throw stored;
    return storeIn(overlay);
  });
  return { entry: spare instanceof Error ? null : { ...spare, durable: false }, error: stored };
}

/** A dead delivery that is to be tried again. */
export interface Again {
  readonly event: Event;
  readonly hook: HookReference;
  /** ms since the epoch */
  readonly committed: number;
  readonly unique: string;
}

/**
 * Puts one dead delivery back, synced, before all others of its service: nothing that waits for the same hook is older.
 * For the holder of the delivery lock. Throws the errno.
 */
export function storeAgain(state: State, { event, hook, committed, unique }: Again): void {
  if (state.missing !== null) throw missingError(state);
  const name = sid(event.service);
  const present = queueFiles(state).filter((file) => file.again && file.sid === name);
  let seq = Math.max(0, ...present.map((file) => file.seq));
  for (;;) {
    const hooks = { [event.id]: [hook] };
    const entry = { sid: name, seq: ++seq, record: null, events: [event], hooks, committed };
    if (createFile(`${state.dir}/${QUEUE}/${queueName(entry)}`, serialiseEntry(entry), unique)) return;
  }
}

/** Reads all that waits. A damaged file is reported and left where it is. Throws the errno of what cannot be read. */
export function readQueue(state: State): QueueContent {
  const entries: QueueEntry[] = [];
  const damaged: DamagedEntry[] = [];
  for (const { path, durable, ...file } of queueFiles(state)) {
    const text = readIfThere(path);
    if (text === null) continue;
    const entry = parseEntry(text, file, durable);
    if (entry !== null) {
      entries.push(entry);
      continue;
    }
    state.report(`state ${state.dir}: queue/${file.name} is damaged, its events are lost`);
    damaged.push({ ...file, path, stamp: { seq: file.seq, id: lostId(state.salt, text) } });
  }
  return { entries, damaged };
}

/**
 * Makes the names of entries durable that this process has only found: who put them there may have been killed before.
 * Once, before their hooks start or a snapshot relies on them. Throws the errno.
 */
export function syncQueue(state: State): void {
  if (state.missing === null) syncDirectory(`${state.dir}/${QUEUE}`);
}

/** Moves damaged files to corrupt/, once the memory knows of them. */
export function setDamagedAside(state: State, damaged: readonly DamagedEntry[]): void {
  for (const { path, name } of damaged) {
    const kept = moveAside(state, path, name);
    if (kept !== null) state.report(`state ${state.dir}: queue/${name}: set aside as ${kept}`);
  }
}

/** True when the queue holds this event of this service, on disk. Reads only the files of that service. */
export function isQueued(state: State, service: string, id: string): boolean {
  const own = sid(service);
  return queueFiles(state).some(({ path, durable, ...file }) => {
    if (file.sid !== own || !durable) return false;
    const text = readIfThere(path);
    const events = text === null ? undefined : parseEntry(text, file, durable)?.events;
    return events?.some((event) => event.id === id) === true;
  });
}

/** File names in the queue, without reading any: enough to see that something new has come. */
export function listQueue(state: State): readonly string[] {
  return queueFiles(state).map(({ name }) => name);
}

/** Takes finished entries out. Not synced: one that comes back after a power cut is known to be done by the journal. */
export function removeEntries(state: State, entries: readonly QueueEntry[]): void {
  const directories = directoriesOf(state);
  for (const entry of entries) {
    for (const directory of directories) removeIfThere(`${directory}/${QUEUE}/${queueName(entry)}`);
  }
}

interface QueueFile extends EntryName {
  readonly path: string;
  readonly durable: boolean;
}

/** In the order of delivery. One that is in both directories counts as on disk. */
function queueFiles(state: State): readonly QueueFile[] {
  const found = new Map<string, QueueFile>();
  for (const directory of directoriesOf(state)) {
    const durable = directory === state.dir;
    for (const name of namesIn(`${directory}/${QUEUE}`, durable)) {
      const parts = found.has(name) ? null : parseQueueName(name);
      if (parts !== null) found.set(name, { ...parts, path: `${directory}/${QUEUE}/${name}`, durable });
    }
  }
  return [...found.values()].sort((a, b) => compareText(a.sid, b.sid) || rank(a) - rank(b) || a.seq - b.seq);
}

function rank({ again, received }: EntryName): number {
  return again ? 0 : received ? 2 : 1;
}

/** An overlay may be taken away at any time. */
function namesIn(directory: string, durable: boolean): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' && !durable) return [];
    throw error;
  }
}

function isArrivalOf(name: string, file: EntryName): boolean {
  return file.received && file.sid === name;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT') return null;
    if (errno === 'EISDIR') return '';
    throw error;
  }
}

function attempt<T>(step: () => T): T | Error {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof Error) || errnoOf(error) === undefined) throw error;
    return error;
  }
}

/** What failed, by name: all of it when the step as a whole did. */
function attemptAll(
  files: readonly { readonly name: string }[],
  step: () => ReadonlyMap<string, Error>,
): ReadonlyMap<string, Error> {
  const outcome = attempt(step);
  return outcome instanceof Error ? new Map(files.map(({ name }) => [name, outcome])) : outcome;
}
