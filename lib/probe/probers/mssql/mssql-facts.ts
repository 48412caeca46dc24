import type { FactTable } from '../../../words/fact.ts';
import type { JsonObject } from '../../../words/json.ts';
import { TLS_FACTS } from '../../wire/certificates.ts';
import { STARTTLS_PREFER } from '../../wire/starttls.ts';

export const MSSQL_FACTS = {
  version: { kind: 'word', meaning: 'version of the server, 16.0.4135 (SQL Server 2022)' },
  encryption: {
    kind: 'word',
    meaning:
      'what the server says of encryption: on, off, required, or not_supported; absent with tls=strict',
  },
  tls: { kind: 'bool', meaning: 'whether the connection is inside TLS' },
  database: { kind: 'word', meaning: 'database that the login is in; absent without a login' },
  database_status: {
    kind: 'word',
    code: 'status',
    codes: { RESTORING: 'loading', RECOVERING: 'loading' },
    meaning:
      'state of that database: ONLINE, RESTORING, RECOVERING, SUSPECT, EMERGENCY …; absent without a login',
  },
  read_only: {
    kind: 'bool',
    code: 'read_only',
    meaning:
      'whether that database takes no writes; also on a secondary that can be read; absent without a login',
  },
  rows: { kind: 'number', meaning: 'rows that the query gives' },
  value: {
    kind: 'json',
    meaning:
      'first column of the query’s first row: a number, true or false, or text (a datetime as 2026-01-31T12:00:00.000Z, binary as 0x…); absent when it is NULL or there is no row',
  },
  ...TLS_FACTS,
} as const satisfies FactTable;

const NONE: JsonObject = { exists: false };

export const MSSQL_DEFAULTS = {
  expect: {
    database_status: { any_of: ['ONLINE', NONE] },
    read_only: { any_of: [false, NONE] },
  },
  prefer: STARTTLS_PREFER,
} as const;
