import type { FactTable } from '../../../words/fact.ts';
import type { JsonObject } from '../../../words/json.ts';
import { TLS_FACTS } from '../../wire/certificates.ts';
import { STARTTLS_PREFER } from '../../wire/starttls.ts';

export const CLICKHOUSE_FACTS = {
  version: { kind: 'word', meaning: 'version of the server, 24.8.4' },
  product: { kind: 'word', meaning: 'what it calls itself, ClickHouse' },
  display_name: { kind: 'word', meaning: 'the name it was given (display_name), else its host name' },
  timezone: { kind: 'word', meaning: 'time zone of the server, Europe/Berlin' },
  readonly_tables: {
    kind: 'number',
    code: 'read_only',
    meaning:
      'replicated tables that take no writes, for the link to ZooKeeper or Keeper is lost or their replica is broken; absent when the user may not see system.replicas',
  },
  replica_lag_s: {
    kind: 'number',
    unit: 's',
    code: 'replication',
    meaning:
      'how far the replicated table that is latest is behind; absent when the user may not see system.replicas',
  },
  rows: { kind: 'number', meaning: 'rows that the query gives' },
  value: {
    kind: 'json',
    meaning:
      'first column of the query’s first row: a number, true or false, or text (a DateTime as 2026-01-31T12:00:00.000Z); absent when it is NULL or there is no row',
  },
  tls: { kind: 'bool', meaning: 'whether the connection is encrypted (tls=true in the target)' },
  ...TLS_FACTS,
} as const satisfies FactTable;

const EXPECT: JsonObject = { readonly_tables: { any_of: [0, { exists: false }] } };

export const CLICKHOUSE_DEFAULTS = { expect: EXPECT, prefer: STARTTLS_PREFER } as const;
