import type { FactsOf } from '../../../words/fact.ts';
import { safeLine } from '../../../words/safe-text.ts';
import type { Greeting } from './greeting.ts';
import type { MYSQL_FACTS } from './mysql-facts.ts';
import type { Answer } from './query.ts';

type Facts = FactsOf<typeof MYSQL_FACTS>;

export const VARIABLES_QUERY = `SHOW GLOBAL VARIABLES WHERE Variable_name IN
('read_only', 'super_read_only', 'innodb_read_only', 'aurora_version', 'max_connections', 'wsrep_on')`;

export const STATUS_QUERY = `SHOW GLOBAL STATUS WHERE Variable_name IN
('Threads_connected', 'Uptime', 'wsrep_cluster_status', 'wsrep_cluster_size')`;

/** One row for each channel. MySQL says it in new words from 8.0.22 on, and only in those from 8.4 on. */
export function replicationQueries({ flavor }: Greeting): readonly string[] {
  return flavor === 'mariadb'
    ? ['SHOW ALL SLAVES STATUS', 'SHOW SLAVE STATUS']
    : ['SHOW REPLICA STATUS', 'SHOW SLAVE STATUS'];
}

/** Names and values in rows of two. */
export function settingsIn({ kept }: Answer): ReadonlyMap<string, string> {
  return new Map(kept.map(([name, value]) => [(name ?? '').toLowerCase(), value ?? '']));
}

/** `settings`: the variables and the status together. */
export function settingsFacts(settings: ReadonlyMap<string, string>): Facts {
  const [connections, max_connections] = [
    numberIn(settings.get('threads_connected')),
    numberIn(settings.get('max_connections')),
  ];
  // A server of no cluster says that it is disconnected.
  const cluster = settings.get('wsrep_on') === 'ON' ? settings.get('wsrep_cluster_status') : undefined;
  return {
    read_only: readOnlyIn(settings),
    connections,
    max_connections,
    connections_percent:
      connections === null || max_connections === null || max_connections === 0
        ? null
        : Math.round((connections / max_connections) * 1000) / 10,
    uptime_s: numberIn(settings.get('uptime')),
    ...(cluster === undefined || cluster === ''
      ? {}
      : {
          cluster_status: safeLine(cluster, 40),
          cluster_size: numberIn(settings.get('wsrep_cluster_size')),
        }),
  };
}

function readOnlyIn(settings: ReadonlyMap<string, string>): boolean | null {
  const values = ['read_only', 'super_read_only', 'innodb_read_only']
    .map((name) => settings.get(name))
    .filter((value) => value !== undefined);
  return values.length === 0 ? null : values.some((value) => value !== 'OFF' && value !== '0');
}

/** Readers of Aurora share the disk of their writer, and follow nobody by SQL. */
export function isReader(settings: ReadonlyMap<string, string>): boolean {
  return settings.has('aurora_version') && settings.get('innodb_read_only') === 'ON';
}

/** The role, and how a replica does; `trouble` is its own last error, empty when there is none. */
export function replicationFacts({ columns, kept }: Answer): {
  readonly facts: Facts;
  readonly trouble: string;
} {
  if (kept.length === 0) return { facts: { role: 'primary' }, trouble: '' };
  const channels = kept.map((row) => new Map(columns.map(({ name }, index) => [name, row[index] ?? null])));
  const find = (channel: ReadonlyMap<string, string | null>, ...names: readonly string[]) =>
    names.map((name) => channel.get(name)).find((value) => value !== undefined) ?? null;
  const runs = channels.every(
    (channel) =>
      find(channel, 'Replica_IO_Running', 'Slave_IO_Running') === 'Yes' &&
      find(channel, 'Replica_SQL_Running', 'Slave_SQL_Running') === 'Yes',
  );
  const lags = channels
    .map((channel) => numberIn(find(channel, 'Seconds_Behind_Source', 'Seconds_Behind_Master')))
    .filter((lag) => lag !== null);
  const trouble = channels
    .flatMap((channel) => [find(channel, 'Last_IO_Error'), find(channel, 'Last_SQL_Error')])
    .find((error) => error !== null && error !== '');
  return {
    facts: {
      role: 'replica',
      link: runs ? 'up' : 'down',
      replica_lag_s: lags.length === 0 ? null : Math.max(...lags),
    },
    trouble: safeLine(trouble ?? ''),
  };
}

function numberIn(text: string | null | undefined): number | null {
  return typeof text === 'string' && /^\d{1,15}(?:\.\d{1,9})?$/.test(text) ? Number(text) : null;
}
