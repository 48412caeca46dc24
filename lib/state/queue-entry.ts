import type { Event } from '../words/event.ts';
import { isObject } from '../words/json.ts';
import type { ServiceRecord } from '../words/record.ts';
import type { HookReference } from './hook-reference.ts';
import { sid } from './identity.ts';

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
  /** false: it lies in the overlay, and does not outlive the machine */
  readonly durable: boolean;
}

/** One that is to be put into the queue. */
export type NewEntry = Omit<QueueEntry, 'durable'>;

/** What the name of its file says. */
export interface EntryName {
  readonly name: string;
  readonly sid: string;
  readonly seq: number;
  /** not a transition of our own */
  readonly received: boolean;
  /** a dead letter that somebody wants tried again: older than all else of its service */
  readonly again: boolean;
}

/** `<sid>~<seq>.json`; `<sid>~r<arrival>.json` for an event that came from elsewhere, `<sid>~a<arrival>.json` from dead/. */
export function queueName(entry: Pick<QueueEntry, 'sid' | 'seq' | 'record' | 'hooks'>): string {
  const kind = entry.record !== null ? '' : isAgain(entry) ? 'a' : 'r';
  return `${entry.sid}~${kind}${entry.seq}.json`;
}

/** A dead letter that somebody wants tried again: it alone has no record, and hooks all the same. */
export function isAgain({ record, hooks }: Pick<QueueEntry, 'record' | 'hooks'>): boolean {
  return record === null && hooks !== null;
}

const NAME = /^([^~]{1,200})~([ra]?)(\d{1,15})\.json$/;

/** Null for a name that is none of a queue file. */
export function parseQueueName(name: string): EntryName | null {
  const [, base, kind, seq] = NAME.exec(name) ?? [];
  if (base === undefined || base.startsWith('.')) return null;
  return { name, sid: base, seq: Number(seq), received: kind !== '', again: kind === 'a' };
}

/** The content of its file. */
export function serialiseEntry({ seq, record, events, hooks, committed }: NewEntry): string {
  return `${JSON.stringify({ seq, record, events, hooks, committed })}\n`;
}

/** Null when it is damaged, or does not fit its name. */
export function parseEntry(text: string, name: EntryName, durable: boolean): QueueEntry | null {
  const value = parseJson(text);
  if (!isObject(value) || !Array.isArray(value.events) || typeof value.committed !== 'number') return null;
  if (value.seq !== name.seq || !value.events.every(isStoredEvent)) return null;
  if (name.received ? value.record !== null : !isStoredRecord(value.record, name)) return null;
  if (name.again && value.hooks === null) return null;
  if (value.hooks !== null && !(isObject(value.hooks) && Object.values(value.hooks).every(isHookList))) {
    return null;
  }
  const { record, events, hooks, committed } = value as unknown as QueueEntry;
  return { sid: name.sid, seq: name.seq, record, events, hooks, committed, durable };
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

function isStoredRecord(value: unknown, name: EntryName): boolean {
  return (
    isObject(value) &&
    value.seq === name.seq &&
    typeof value.id === 'string' &&
    sid(String(value.service)) === name.sid
  );
}

function isHookList(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((hook) => isObject(hook) && typeof hook.path === 'string' && typeof hook.lane === 'string')
  );
}
