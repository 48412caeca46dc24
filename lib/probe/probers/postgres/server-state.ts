import type { FactsOf } from '../../../words/fact.ts';
import type { POSTGRES_FACTS } from './postgres-facts.ts';
import type { Answer } from './query.ts';

/**
 * What is asked about the server, in one go: each statement is analysed when its turn comes, so that a server which does
 * not know the functions of a later one still answers those before it.
 */
export const STATE_QUERIES = [
  // Is it a replica, and does it take no writes, but for what is set for this user alone?
  `SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('transaction_read_only') = 'on' AND
NOT EXISTS (SELECT 1 FROM pg_catalog.pg_settings WHERE name = 'default_transaction_read_only'
AND source IN ('user', 'database user', 'client', 'session'))`,
  `SELECT (SELECT sum(numbackends) FROM pg_catalog.pg_stat_database), pg_catalog.current_setting('max_connections')`,
  // The functions are those of PostgreSQL 10 and later.
  `SELECT receiving, coalesce((SELECT setting <> '' FROM pg_catalog.pg_settings WHERE name = 'primary_conninfo'), false),
CASE WHEN receiving AND pg_catalog.pg_last_wal_receive_lsn() <= pg_catalog.pg_last_wal_replay_lsn() THEN 0
ELSE greatest(0, extract(epoch FROM pg_catalog.clock_timestamp() - pg_catalog.pg_last_xact_replay_timestamp())) END
FROM (SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_stat_wal_receiver) AS receiving) AS wal
WHERE pg_catalog.pg_is_in_recovery()`,
].join(';\n');

/** The facts in the answers to those; what was not answered is absent. */
export function stateFacts(answers: readonly Answer[]): FactsOf<typeof POSTGRES_FACTS> {
  const [state, room, replication] = answers.map(({ first }) => first ?? []);
  return { ...roleFacts(state ?? []), ...roomFacts(room ?? []), ...replicationFacts(replication ?? []) };
}

type Row = readonly (string | null)[];

function roleFacts([recovery, readOnly]: Row): FactsOf<typeof POSTGRES_FACTS> {
  if (recovery === 't') return { role: 'replica' };
  return recovery === 'f' ? { role: 'primary', read_only: readOnly === 't' } : {};
}

function roomFacts([used, max]: Row): FactsOf<typeof POSTGRES_FACTS> {
  const [connections, max_connections] = [numberIn(used), numberIn(max)];
  const percent =
    connections === null || max_connections === null || max_connections === 0
      ? null
      : Math.round((connections / max_connections) * 1000) / 10;
  return { connections, max_connections, connections_percent: percent };
}

function replicationFacts([receiving, configured, lag]: Row): FactsOf<typeof POSTGRES_FACTS> {
  if (receiving === undefined) return {};
  const seconds = numberIn(lag);
  return {
    link: receiving === 't' ? 'up' : configured === 't' ? 'down' : null,
    replica_lag_s: seconds === null ? null : Math.round(seconds * 1000) / 1000,
  };
}

function numberIn(text: string | null | undefined): number | null {
  return typeof text === 'string' && /^\d{1,15}(?:\.\d{1,9})?$/.test(text) ? Number(text) : null;
}
