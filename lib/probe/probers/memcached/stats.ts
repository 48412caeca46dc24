import type { FactsOf } from '../../../words/fact.ts';
import type { Stats } from './dialect.ts';
import type { MEMCACHED_FACTS } from './memcached-facts.ts';

/** What the general statistics say. Those that are not there leave their facts absent. Source: protocol.txt. */
export function statFacts(stats: Stats): FactsOf<typeof MEMCACHED_FACTS> {
  const [gets, hits] = [numberOf(stats, 'cmd_get'), numberOf(stats, 'get_hits')];
  const accepting = numberOf(stats, 'accepting_conns');
  return {
    uptime_s: numberOf(stats, 'uptime'),
    curr_connections: numberOf(stats, 'curr_connections'),
    max_connections: numberOf(stats, 'max_connections'),
    rejected_connections: numberOf(stats, 'rejected_connections'),
    accepting: accepting === null ? null : accepting !== 0,
    items: numberOf(stats, 'curr_items'),
    used_memory: numberOf(stats, 'bytes'),
    maxmemory: numberOf(stats, 'limit_maxbytes'),
    evictions: numberOf(stats, 'evictions'),
    hit_rate:
      gets === null || hits === null || gets === 0
        ? null
        : Math.round((Math.min(hits, gets) / gets) * 1e4) / 100,
  };
}

function numberOf(stats: Stats, name: string): number | null {
  const value = stats.get(name);
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : null;
}
