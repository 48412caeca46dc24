import type { FactsOf } from '../../../words/fact.ts';
import type { Bson, Document } from './bson.ts';
import type { MONGO_FACTS } from './mongo-facts.ts';

type Facts = FactsOf<typeof MONGO_FACTS>;

const MOST_NAMES = 100;

/** What the answer to hello (or isMaster) says. Source: MongoDB manual, “hello”. */
export function helloFacts(hello: Document): Facts {
  const set_name = textOf(hello.get('setName'));
  const primary = textOf(hello.get('primary'));
  const hosts = hello.get('hosts');
  return {
    wire_version: numberOf(hello.get('maxWireVersion')),
    role: roleOf(hello),
    set_name,
    primary,
    has_primary: set_name === null ? null : primary !== null,
    hosts: Array.isArray(hosts) ? namesIn(hosts) : null,
    read_only: typeof hello.get('readOnly') === 'boolean' ? hello.get('readOnly') === true : null,
  };
}

function roleOf(hello: Document): string {
  if (hello.get('msg') === 'isdbgrid') return 'mongos';
  if (hello.get('isreplicaset') === true) return 'uninitialized';
  const writable = hello.get('isWritablePrimary') === true || hello.get('ismaster') === true;
  if (!hello.has('setName')) return writable ? 'standalone' : 'other';
  if (writable) return 'primary';
  if (hello.get('secondary') === true) return 'secondary';
  return hello.get('arbiterOnly') === true ? 'arbiter' : 'other';
}

/** Names of `state`. Source: MongoDB manual, “Replica Set Member States”. */
const STATES: Readonly<Record<number, string>> = {
  0: 'starting',
  1: 'primary',
  2: 'secondary',
  3: 'recovering',
  5: 'starting',
  7: 'arbiter',
  9: 'rollback',
  10: 'removed',
};

/** What replSetGetStatus adds to a role. */
export function statusFacts(status: Document, role: string): Facts {
  const listed = status.get('members');
  const members = (Array.isArray(listed) ? listed : []).filter(isDocument).slice(0, MOST_NAMES);
  const own = members.find((member) => member.get('self') === true);
  const primary = members.find((member) => member.get('state') === 1);
  const down = members
    .filter((member) => member.get('health') === 0)
    .map((member) => member.get('name') ?? null);
  const state = STATES[numberOf(status.get('myState')) ?? -1];
  const [ours, theirs] = [own, primary].map((member) => numberOf(member?.get('optimeDate')) ?? null);
  const behind = (theirs ?? 0) - (ours ?? 0);
  const known = role === 'secondary' && (ours ?? null) !== null && (theirs ?? null) !== null;
  return {
    members_down: namesIn(down),
    lag_s: known ? Math.max(0, Math.round(behind / 1000)) : null,
    role: role === 'other' && state !== undefined ? state : role,
  };
}

function isDocument(value: Bson): value is Document {
  return value instanceof Map;
}

function textOf(value: Bson | undefined): string | null {
  return typeof value === 'string' ? value.slice(0, 300) : null;
}

function numberOf(value: Bson | undefined): number | null {
  return typeof value === 'number' ? value : null;
}

function namesIn(values: readonly Bson[]): string[] {
  return values
    .map(textOf)
    .filter((name) => name !== null)
    .slice(0, MOST_NAMES);
}
