import type { FactTable } from '../../../words/fact.ts';
import { TLS_FACTS } from '../../wire/certificates.ts';
import { STARTTLS_PREFER } from '../../wire/starttls.ts';

export const CASSANDRA_FACTS = {
  version: { kind: 'word', meaning: 'release of the node, 4.1.3' },
  cluster: { kind: 'word', meaning: 'name of its cluster' },
  data_center: { kind: 'word', meaning: 'data centre that the node is in' },
  rack: { kind: 'word', meaning: 'rack that the node is in' },
  peers: {
    kind: 'number',
    meaning:
      'other nodes that it knows of, whether they are up or not; 10000 when there are that many or more',
  },
  cql_versions: { kind: 'list', meaning: 'versions of CQL that it speaks' },
  authenticator: {
    kind: 'word',
    meaning: 'what it wants a login for, PasswordAuthenticator; absent when it lets everybody in',
  },
  rows: { kind: 'number', meaning: 'rows that the query gives; 10000 when there are that many or more' },
  value: {
    kind: 'json',
    meaning:
      'first column of the query’s first row: a number, true or false, or text (a time as 2026-01-31T12:00:00.000Z, a blob as 0x…); absent when it is null or there is no row',
  },
  tls: { kind: 'bool', meaning: 'whether the connection is encrypted (tls=true in the target)' },
  ...TLS_FACTS,
} as const satisfies FactTable;

export const CASSANDRA_DEFAULTS = { expect: {}, prefer: STARTTLS_PREFER } as const;
