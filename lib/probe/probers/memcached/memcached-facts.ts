import type { FactTable } from '../../../words/fact.ts';
import type { JsonObject } from '../../../words/json.ts';
import { TLS_FACTS, TLS_PREFER } from '../../wire/certificates.ts';

export const MEMCACHED_FACTS = {
  version: { kind: 'word', meaning: 'version of the server' },
  uptime_s: {
    kind: 'number',
    unit: 's',
    code: 'status',
    meaning: 'seconds since it was started, when its cache was empty; absent when it tells no statistics',
  },
  curr_connections: { kind: 'number', code: 'overloaded', meaning: 'open connections, puptime’s included' },
  max_connections: { kind: 'number', meaning: 'its limit of them (-c)' },
  rejected_connections: {
    kind: 'number',
    code: 'overloaded',
    meaning: 'connections turned away since its start because of that limit',
  },
  accepting: {
    kind: 'bool',
    code: 'overloaded',
    meaning: 'false while it takes no more connections because of that limit',
  },
  items: { kind: 'number', meaning: 'items stored' },
  used_memory: { kind: 'number', unit: 'bytes', meaning: 'memory that items take' },
  maxmemory: { kind: 'number', unit: 'bytes', meaning: 'its limit (-m)' },
  evictions: { kind: 'number', meaning: 'items thrown out for want of memory since its start' },
  hit_rate: {
    kind: 'number',
    unit: 'percent',
    meaning: 'how many look-ups since its start found their key; absent before the first',
  },
  ...TLS_FACTS,
} as const satisfies FactTable;

export const MEMCACHED_CODES = {
  auth: 'it wants a login, refuses this one, or has none though the target has a user and a password',
  overloaded: 'it has as many connections as it takes (-c), or is out of memory',
  closed:
    'it hung up without a word: one that wants a login by SASL (-S) does so when there is none in the target',
  status: 'it answered with another error (SERVER_ERROR), as a proxy does that reaches no server',
} as const;

const PREFER: JsonObject = { accepting: { any_of: [true, { exists: false }] } };

export function memcachedDefaults(scheme: string | null): { readonly prefer: JsonObject } {
  return { prefer: scheme === 'memcacheds' ? { ...PREFER, ...TLS_PREFER } : PREFER };
}
