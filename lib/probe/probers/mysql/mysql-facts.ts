import type { FactTable } from '../../../words/fact.ts';
import type { JsonObject } from '../../../words/json.ts';
import { TLS_FACTS, TLS_PREFER } from '../../wire/certificates.ts';

export const MYSQL_FACTS = {
  version: { kind: 'word', meaning: 'version of the server, 10.11.19' },
  flavor: { kind: 'word', meaning: 'mariadb or mysql, as the server calls itself' },
  tls: { kind: 'bool', meaning: 'whether the connection is inside TLS' },
  authentication: {
    kind: 'word',
    meaning:
      'the plugin that judges the login, caching_sha2_password; absent when the server refused before that',
  },
  role: {
    kind: 'word',
    meaning:
      'primary, or replica when it is set up to follow another server; absent without a login that may see that (REPLICA MONITOR in MariaDB, REPLICATION CLIENT in MySQL)',
  },
  read_only: {
    kind: 'bool',
    code: 'read_only',
    meaning:
      'whether it takes no writes from ordinary users (read_only, super_read_only, innodb_read_only), as replicas should not; absent without a login',
  },
  link: {
    kind: 'word',
    code: 'replication',
    meaning:
      'a replica’s link to its primary: up when both its threads (IO and SQL) of every channel run, else down; absent on a primary and where role is',
  },
  replica_lag_s: {
    kind: 'number',
    unit: 's',
    code: 'replication',
    meaning:
      'seconds that a replica is behind as it sees it itself (Seconds_Behind_Master), of several channels the most; absent when the link is down, and where link is',
  },
  cluster_status: {
    kind: 'word',
    code: 'quorum',
    meaning:
      'Primary in a Galera cluster that has its majority, else non-Primary or Disconnected; absent without Galera',
  },
  cluster_size: { kind: 'number', meaning: 'members of the Galera cluster; absent without Galera' },
  connections: { kind: 'number', meaning: 'connections, puptime’s included (Threads_connected)' },
  max_connections: { kind: 'number', meaning: 'how many it takes' },
  connections_percent: {
    kind: 'number',
    unit: 'percent',
    code: 'overloaded',
    meaning: 'connections of max_connections',
  },
  uptime_s: { kind: 'number', unit: 's', meaning: 'seconds since it was started' },
  rows: {
    kind: 'number',
    meaning: 'rows that the query gives; 10000 when there are that many or more',
  },
  value: {
    kind: 'json',
    meaning:
      'first column of the query’s first row: a number, a document (type JSON of MySQL), anything else as text; absent when it is NULL or there is no row',
  },
  error_code: {
    kind: 'number',
    meaning: 'number of the error that the server answered with, 1045; absent without one',
  },
  ...TLS_FACTS,
} as const satisfies FactTable;

/** A value that must be this one where there is any. */
const ifAny = (value: string | boolean): JsonObject => ({ any_of: [value, { exists: false }] });

export const MYSQL_DEFAULTS = {
  expect: {
    link: ifAny('up'),
    cluster_status: ifAny('Primary'),
    read_only: { ...ifAny(false), when: { role: 'primary' } },
  },
  // A server without TLS has no certificate.
  prefer: { cert_days: { any_of: [TLS_PREFER.cert_days, { exists: false }] } },
} as const satisfies { readonly [section: string]: JsonObject };
