import type { FactTable } from '../../../words/fact.ts';
import type { JsonObject } from '../../../words/json.ts';
import { TLS_FACTS, TLS_PREFER } from '../../wire/certificates.ts';

export const POSTGRES_FACTS = {
  version: {
    kind: 'word',
    meaning: 'version of the server, 15.14 (of a pooler: what it calls itself); absent without a login',
  },
  tls: { kind: 'bool', meaning: 'whether the connection is inside TLS' },
  authentication: {
    kind: 'word',
    meaning:
      'how the server wants the login: scram-sha-256, md5, password, gss, sspi, or trust when it asks for nothing; absent when it refused before that',
  },
  loading: {
    kind: 'bool',
    code: 'loading',
    meaning: 'whether it takes no connections yet, for it starts or recovers from a crash',
  },
  role: {
    kind: 'word',
    meaning: 'primary, or replica when it is in recovery and follows another server; absent without a login',
  },
  read_only: {
    kind: 'bool',
    code: 'read_only',
    meaning:
      'whether a primary takes no writes, for default_transaction_read_only is on for the server or the database (not just for this user); absent on a replica',
  },
  link: {
    kind: 'word',
    code: 'replication',
    meaning:
      'a replica’s link to its primary: up, or down while primary_conninfo is set but nothing is received, which only a member of pg_monitor can see; absent where neither is known, as on one fed from an archive, and on a primary',
  },
  replica_lag_s: {
    kind: 'number',
    unit: 's',
    code: 'replication',
    meaning:
      'how far a replica is behind: 0 when it has replayed all that it received over a live link, else the age of the last transaction that it replayed, which grows on while nobody writes; absent on a primary and before the first transaction',
  },
  connections: { kind: 'number', meaning: 'connections to its databases, puptime’s included' },
  max_connections: { kind: 'number', meaning: 'how many it takes, those kept for superusers included' },
  connections_percent: {
    kind: 'number',
    unit: 'percent',
    code: 'overloaded',
    meaning: 'connections of max_connections',
  },
  rows: {
    kind: 'number',
    meaning: 'rows that the query gives; 10000 when there are that many or more',
  },
  value: {
    kind: 'json',
    meaning:
      'first column of the query’s first row: a number, true or false, a document (json, jsonb), anything else as PostgreSQL’s text; absent when it is NULL or there is no row',
  },
  sqlstate: {
    kind: 'word',
    meaning: 'code of the error that the server answered with, 28P01; absent without one',
  },
  ...TLS_FACTS,
} as const satisfies FactTable;

/** A value that must be this one where there is any. */
const ifAny = (value: string | boolean): JsonObject => ({ any_of: [value, { exists: false }] });

export const POSTGRES_DEFAULTS = {
  expect: { loading: false, read_only: ifAny(false), link: ifAny('up') },
  // A server without TLS has no certificate.
  prefer: { cert_days: { any_of: [TLS_PREFER.cert_days, { exists: false }] } },
} as const satisfies { readonly [section: string]: JsonObject };
