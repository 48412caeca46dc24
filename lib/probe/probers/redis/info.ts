import type { FactsOf } from '../../../words/fact.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { type Info, numberIn } from '../../wire/redis-info.ts';
import type { REDIS_FACTS } from './redis-facts.ts';

/** What INFO says, for the database chosen. Lines that are not there leave their facts absent. */
export function infoFacts(info: Info, db: number): FactsOf<typeof REDIS_FACTS> {
  const role = roleOf(info);
  const version = info.get('valkey_version') ?? info.get('redis_version');
  return {
    version: version === undefined ? null : safeLine(version, 40),
    role,
    used_memory: numberIn(info, 'used_memory'),
    maxmemory: numberIn(info, 'maxmemory'),
    memory_full: role === 'master' ? isFull(info) : null,
    persistence_ok: persistenceOf(info),
    keys: keysOf(info, db),
    clients: numberIn(info, 'connected_clients'),
    replicas: numberIn(info, 'connected_slaves'),
    ...(role === 'replica' ? linkFacts(info) : {}),
  };
}

function roleOf(info: Info): string | null {
  if (info.get('redis_mode') === 'sentinel') return 'sentinel';
  const role = info.get('role');
  if (role === undefined) return null;
  return role === 'slave' ? 'replica' : safeLine(role, 40);
}

function linkFacts(info: Info): { readonly link: string | null; readonly lag_s: number | null } {
  const link = info.get('master_link_status');
  if (link === undefined) return { link: null, lag_s: null };
  const lag = numberIn(info, link === 'up' ? 'master_last_io_seconds_ago' : 'master_link_down_since_seconds');
  // -1: it has never heard from its master
  return { link: link === 'up' ? 'up' : 'down', lag_s: lag === null || lag < 0 ? null : lag };
}

function persistenceOf(info: Info): boolean | null {
  const states = ['rdb_last_bgsave_status', 'aof_last_write_status', 'aof_last_bgrewrite_status']
    .map((name) => info.get(name))
    .filter((state) => state !== undefined);
  return states.length === 0 ? null : states.every((state) => state === 'ok');
}

/** Whether writes are answered with OOM: the limit is reached, and the policy finds nothing to let go. */
function isFull(info: Info): boolean | null {
  const used = numberIn(info, 'used_memory');
  const max = numberIn(info, 'maxmemory');
  const policy = info.get('maxmemory_policy');
  if (used === null || max === null || policy === undefined) return null;
  if (max === 0) return false;
  const stuck = policy === 'noeviction' || (policy.startsWith('volatile-') && !hasExpiringKeys(info));
  // Buffers of replicas and of the append-only file count in used_memory, but not against the limit.
  const counted = used - (numberIn(info, 'mem_not_counted_for_evict') ?? 0);
  return stuck && max - counted < buffersOf(max);
}

/**
 * What the clients’ buffers take: they count against the limit, so a server that is full has about this much left
 * whenever the client that was refused has gone.
 */
function buffersOf(maxmemory: number): number {
  return Math.min(2 ** 20, Math.max(2 ** 16, maxmemory / 100));
}

function hasExpiringKeys(info: Info): boolean {
  return [...info].some(
    ([name, value]) => /^db\d{1,9}$/.test(name) && /,expires=[1-9]/.test(value.slice(0, 200)),
  );
}

/** `db0:keys=3,expires=0,avg_ttl=0`; a database without keys has no line. */
function keysOf(info: Info, db: number): number | null {
  if (!info.has('used_memory')) return null;
  const keyspace = info.get(`db${String(db)}`);
  if (keyspace === undefined) return info.get('redis_mode') === 'sentinel' ? null : 0;
  const [, keys] = /^keys=(\d{1,15})(?:,|$)/.exec(keyspace) ?? [];
  return keys === undefined ? null : Number(keys);
}
