import { readdirSync, readFileSync } from 'node:fs';
import type { Event } from '../words/event.ts';
import { isObject } from '../words/json.ts';
import type { ServiceRecord } from '../words/record.ts';
import { moveAside } from './corrupt.ts';
import { createFile, createGroup, errnoOf, removeIfThere, syncDirectory } from './durable-file.ts';
import type { HookReference } from './hook-reference.ts';
import { lostId, sid, type Stamp } from './identity.ts';
import { QUEUE, type State } from './state-directory.ts';

/** One transition, or one event received from elsewhere, on its way to its hooks. */
export interface QueueEntry {
  /** the service, as a file name */
  readonly sid: string;
  /** of the transition, or of the arrival; the order within one service */
  readonly seq: number;
  /** the service’s new record; null for an event that came from elsewhere: it says nothing of our own memory */
  readonly record: ServiceRecord | null;
  readonly events: readonly Event[];
  /** by id of the event; null: whoever delivers takes the hooks of its own config */
  readonly hooks: { readonly [id: string]: readonly HookReference[] } | null;
  /** ms since the epoch */
  readonly committed: number;
}

/** All that waits, in order, and the end of the chain of services whose file was damaged. */
export interface QueueContent {
  readonly entries: readonly QueueEntry[];
  /** by sid */
  readonly lost: ReadonlyMap<string, Stamp>;
}

/**
 * Commits transitions: state and events of each in one file, all files with one fsync of the directory. Returns the
 * entries that could not be committed, each with its errno: as far as can be told, they never happened.
 */
export function commitTransitions(
  state: State,
  entries: readonly QueueEntry[],
): ReadonlyMap<QueueEntry, Error> {
  // FORMAT and its salt must not be younger than the first id made from it.
  const failed = createGroup(
    `${state.dir}/${QUEUE}`,
    entries.map((entry) => ({ name: queueName(entry), data: serialise(entry) })),
  );
  const errors = new Map<QueueEntry, Error>();
  for (const entry of entries) {
    const error = failed.get(queueName(entry));
    if (error !== undefined) errors.set(entry, error);
  }
  return errors;
}

/**
 * Stores one event that came from elsewhere, synced, behind all others of its service. Needs no lock. Throws the errno.
 */
export function storeReceived(state: State, event: Event, committed: number, unique: string): QueueEntry {
  const name = sid(event.service);
  const taken = queueNames(state).filter((other) => other.sid === name && other.received);
  let seq = Math.max(0, ...taken.map((other) => other.seq));
  for (;;) {
    seq += 1;
    const entry = { sid: name, seq, record: null, events: [event], hooks: null, committed };
    if (createFile(`${state.dir}/${QUEUE}/${queueName(entry)}`, serialise(entry), unique)) return entry;
  }
}

/** Reads all that waits. A damaged file is moved to corrupt/ and reported. Throws the errno of the directory. */
export function readQueue(state: State): QueueContent {
  if (state.missing !== null) return { entries: [], lost: new Map() };
  const entries: QueueEntry[] = [];
  const lost = new Map<string, Stamp>();
  for (const { name, ...parts } of queueNames(state)) {
    const path = `${state.dir}/${QUEUE}/${name}`;
    const text = readIfThere(path);
    if (text === null) continue;
    const entry = parseEntry(text, parts);
    if (entry !== null) {
      entries.push(entry);
      continue;
    }
    const kept = moveAside(state, path, name);
    state.report(
      `state ${state.dir}: queue/${name} is damaged; its events are lost; set aside as ${kept ?? 'nothing: the disk takes no rename'}`,
    );
    if (!parts.received) lost.set(parts.sid, { seq: parts.seq, id: lostId(state.salt, text) });
  }
  return { entries, lost };
}

/** True when the queue holds this event of this service. Reads only the files of that service. */
export function isQueued(state: State, service: string, id: string): boolean {
  const own = sid(service);
  return queueNames(state).some(({ name, ...parts }) => {
    if (parts.sid !== own) return false;
    const text = readIfThere(`${state.dir}/${QUEUE}/${name}`);
    const events = text === null ? undefined : parseEntry(text, parts)?.events;
    return events?.some((event) => event.id === id) === true;
  });
}

/** File names in the queue, without reading any: enough to see that something new has come. */
export function listQueue(state: State): readonly string[] {
  return queueNames(state).map(({ name }) => name);
}

/** Takes finished entries out. Not synced: one that comes back after a power cut is known to be done by the journal. */
export function removeEntries(state: State, entries: readonly QueueEntry[]): void {
  for (const entry of entries) removeIfThere(`${state.dir}/${QUEUE}/${queueName(entry)}`);
}

/** Makes the names in STATE/ itself durable: FORMAT must be before the first id that is made from its salt. */
export function syncState(state: State): void {
  syncDirectory(state.dir);
}

/** `<sid>~<seq>.json`; `<sid>~r<arrival>.json` for an event that came from elsewhere. */
export function queueName(entry: Pick<QueueEntry, 'sid' | 'seq' | 'record'>): string {
  return `${entry.sid}~${entry.record === null ? 'r' : ''}${entry.seq}.json`;
}

interface NameParts {
  readonly sid: string;
  readonly seq: number;
  readonly received: boolean;
}

const NAME = /^([^~]{1,200})~(r?)(\d{1,15})\.json$/;

function queueNames(state: State): (NameParts & { readonly name: string })[] {
  const found: (NameParts & { readonly name: string })[] = [];
  for (const name of readdirSync(`${state.dir}/${QUEUE}`)) {
    const [, base, received, seq] = NAME.exec(name) ?? [];
    if (base === undefined || base.startsWith('.')) continue;
    found.push({ name, sid: base, seq: Number(seq), received: received === 'r' });
  }
  return found.sort(
    (a, b) => compareText(a.sid, b.sid) || Number(a.received) - Number(b.received) || a.seq - b.seq,
  );
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

function serialise(entry: QueueEntry): string {
  return `${JSON.stringify({ seq: entry.seq, record: entry.record, events: entry.events, hooks: entry.hooks, committed: entry.committed })}\n`;
}

function parseEntry(text: string, parts: NameParts): QueueEntry | null {
  const value = parseJson(text);
  if (!isObject(value) || !Array.isArray(value.events) || typeof value.committed !== 'number') return null;
  if (value.seq !== parts.seq || !value.events.every(isStoredEvent)) return null;
  if (parts.received ? value.record !== null : !isStoredRecord(value.record, parts)) return null;
  if (value.hooks !== null && !(isObject(value.hooks) && Object.values(value.hooks).every(isHookList))) {
    return null;
  }
  const { record, events, hooks, committed } = value as unknown as QueueEntry;
  return { sid: parts.sid, seq: parts.seq, record, events, hooks, committed };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isStoredEvent(value: unknown): boolean {
  return (
    isObject(value) &&
    [value.id, value.event, value.service, value.status, value.time].every((part) => typeof part === 'string')
  );
}

function isStoredRecord(value: unknown, parts: NameParts): boolean {
  return (
    isObject(value) &&
    value.seq === parts.seq &&
    typeof value.id === 'string' &&
    sid(String(value.service)) === parts.sid
  );
}

function isHookList(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((hook) => isObject(hook) && typeof hook.path === 'string' && typeof hook.lane === 'string')
  );
}
