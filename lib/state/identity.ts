import { draftKey, type Draft } from '../words/draft.ts';
import type { Event } from '../words/event.ts';
import type { ServiceRecord } from '../words/record.ts';
import { sha256 } from '../words/sha256.ts';

/** Where a service stands in its chain of ids. */
export interface Stamp {
  /** transitions committed so far */
  readonly seq: number;
  /** id of the last one; null before the first */
  readonly id: string | null;
}

/** A transition as it is committed: the new record with all its events. */
export interface Transition {
  readonly record: ServiceRecord;
  readonly events: readonly Event[];
}

/**
 * Gives a decision its ids: a hash chain over the salt of the state directory, the service’s last durable id, its
 * `seq` and the kind of event. The same decision seen again, because it could not be committed, gets the same ids.
 * A new incident (id null) gets its own, in record and events alike.
 */
export function stampTransition(
  salt: string,
  last: Stamp,
  record: ServiceRecord,
  drafts: readonly Draft[],
): Transition {
  const seq = last.seq + 1;
  const idOf = (...what: readonly string[]) =>
    hash(salt, last.id ?? '', record.service, String(seq), ...what);
  const incidentId = idOf('incident');
  const named = <T extends { readonly id: string | null }>(incident: T) => ({
    ...incident,
    id: incident.id ?? incidentId,
  });
  const events = drafts.map(({ incident, ...draft }): Event => {
    const content = draft.change === null ? [] : [JSON.stringify(draft.change.after)];
    return {
      schema: draft.schema,
      id: idOf(draftKey({ ...draft, incident }), ...content),
      ...withoutSchema(draft),
      incident: incident === null ? null : named(incident),
    };
  });
  const incident = record.incident === null ? null : named(record.incident);
  return { record: { ...record, seq, id: idOf('record'), incident }, events };
}

/** The id of an event that never enters the queue (on_result, on_run): the chain does not move for it. */
export function passingId(salt: string, last: Stamp, what: readonly string[]): string {
  return hash(salt, last.id ?? '', String(last.seq), ...what);
}

/** The end of a chain whose record was damaged: made from what is left of it, so that no id is given twice. */
export function lostId(salt: string, remains: string): string {
  return hash(salt, 'lost', remains);
}

/** A service’s name where that is a safe file name, else a slug and a hash. `+` and `~` are in no name. */
export function sid(service: string): string {
  if (SAFE_NAME.test(service)) return service;
  return `${service.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 60)}+${hash(service).slice(0, 12)}`;
}

const SAFE_NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/;

function hash(...parts: readonly string[]): string {
  return sha256(JSON.stringify(parts)).slice(0, 32);
}

function withoutSchema<T extends { readonly schema: string }>(draft: T): Omit<T, 'schema'> {
  const { schema: _, ...rest } = draft;
  return rest;
}
