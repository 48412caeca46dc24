import type { FactTable } from '../../../words/fact.ts';
import type { JsonObject } from '../../../words/json.ts';
import { TLS_FACTS, TLS_PREFER } from '../../wire/certificates.ts';

export const REDIS_FACTS = {
  version: {
    kind: 'word',
    meaning: 'version of the server (of Valkey its own); absent when INFO is refused',
  },
  role: { kind: 'word', meaning: 'master, replica or sentinel; absent when INFO is refused' },
  link: {
    kind: 'word',
    code: 'replication',
    meaning:
      'a replica’s link to its master: up, or down (also while it copies for the first time); absent on a master',
  },
  lag_s: {
    kind: 'number',
    unit: 's',
    code: 'replication',
    meaning:
      'seconds since a replica last heard from its master, or since the link went down; up to 10 is usual; absent on a master',
  },
  loading: {
    kind: 'bool',
    code: 'loading',
    meaning: 'whether it still loads its data and answers no requests',
  },
  persistence_ok: {
    kind: 'bool',
    code: 'status',
    meaning:
      'whether the last save, the last write of the append-only file and its last rewrite succeeded; absent when INFO is refused',
  },
  writable: {
    kind: 'bool',
    code: 'read_only',
    meaning:
      'false when it refuses writes because it cannot persist (MISCONF), true on a master that does not; absent on a replica',
  },
  used_memory: { kind: 'number', unit: 'bytes', meaning: 'memory in use' },
  maxmemory: { kind: 'number', unit: 'bytes', meaning: 'its limit, 0 for none' },
  memory_full: {
    kind: 'bool',
    code: 'overloaded',
    meaning:
      'whether a master’s memory is used up (but for 64 KiB, or 1 % up to 1 MiB) while its policy finds nothing to evict, so that it refuses writes (OOM); absent on a replica',
  },
  keys: { kind: 'number', meaning: 'keys in the database that the target names' },
  clients: { kind: 'number', meaning: 'connected clients, puptime included' },
  replicas: { kind: 'number', meaning: 'replicas connected to it' },
  cluster_state: {
    kind: 'word',
    code: 'quorum',
    meaning: 'ok, or fail when slots are not served or the majority is gone; absent without cluster mode',
  },
  cluster_slots_lost: {
    kind: 'number',
    code: 'quorum',
    meaning:
      'hash slots that nobody serves, of 16384: with `cluster-require-full-coverage no` the others still work; absent without cluster mode',
  },
  cluster_nodes: { kind: 'number', meaning: 'nodes that it knows; absent without cluster mode' },
  ...TLS_FACTS,
} as const satisfies FactTable;

export const REDIS_CODES = {
  auth: 'it wants a password or refuses this one (NOAUTH, WRONGPASS), does not let the user do that (NOPERM), or is in protected mode',
  loading: 'it reads its data from disk and answers no requests yet (LOADING)',
  read_only: 'it refuses writes because it cannot save (MISCONF), or lacks replicas (NOREPLICAS)',
  overloaded: 'its memory is used up (OOM), it has maxclients clients, or a script runs too long (BUSY)',
  replication: 'it is a replica, and the link to its master is down',
  quorum: 'its cluster does not serve all slots or has lost its majority',
  status:
    'it answered with another error, such as one for a database that it does not have; or it could not save',
} as const;

/** A value that must be this one where there is any: masters have no link, a user may not be allowed INFO. */
const ifAny = (value: string | boolean): JsonObject => ({ any_of: [value, { exists: false }] });

const EXPECT: JsonObject = {
  loading: false,
  link: ifAny('up'),
  writable: ifAny(true),
  memory_full: ifAny(false),
  cluster_state: ifAny('ok'),
};

/** A failed save that does not stop writes is worth a look; one that does is not writable. So is a cluster that goes on without some slots. */
const PREFER: JsonObject = {
  persistence_ok: ifAny(true),
  cluster_slots_lost: { any_of: [0, { exists: false }] },
};

export function redisDefaults(scheme: string | null): {
  readonly expect: JsonObject;
  readonly prefer: JsonObject;
} {
  return { expect: EXPECT, prefer: scheme === 'rediss' ? { ...PREFER, ...TLS_PREFER } : PREFER };
}
