import type { FactTable } from '../../../words/fact.ts';
import type { JsonObject } from '../../../words/json.ts';
import { TLS_FACTS } from '../../wire/certificates.ts';
import { STARTTLS_PREFER } from '../../wire/starttls.ts';

export const MONGO_FACTS = {
  version: { kind: 'word', meaning: 'version of the server; absent when it does not tell without a login' },
  wire_version: { kind: 'number', meaning: 'the newest wire version that it speaks: 21 is that of 7.0' },
  role: {
    kind: 'word',
    code: 'loading',
    codes: { uninitialized: 'status', removed: 'status' },
    meaning:
      'primary, secondary, arbiter, standalone or mongos; uninitialized when it was never made a member of its set; starting, recovering, rollback, removed or other when it is none of those now (told which of them only to a user that may ask replSetGetStatus, else other)',
  },
  set_name: { kind: 'word', meaning: 'name of its replica set; absent without one' },
  primary: {
    kind: 'word',
    meaning: 'HOST:PORT of the set’s primary, as the server knows it; absent when there is none',
  },
  has_primary: {
    kind: 'bool',
    code: 'quorum',
    meaning:
      'whether its set has a primary: false while one is elected, and when too few members are left for that; absent without a set',
  },
  hosts: { kind: 'list', meaning: 'HOST:PORT of the members of its set that have data' },
  read_only: {
    kind: 'bool',
    code: 'read_only',
    meaning: 'whether it was started to take no writes; of a secondary see `role`',
  },
  lag_s: {
    kind: 'number',
    unit: 's',
    code: 'replication',
    meaning:
      'seconds that a secondary is behind the primary; absent on others, and without a user that may ask replSetGetStatus (role clusterMonitor)',
  },
  members_down: {
    kind: 'list',
    code: 'replication',
    meaning: 'members that it does not reach; absent without a user that may ask replSetGetStatus',
  },
  tls: { kind: 'bool', meaning: 'whether the connection is encrypted (tls=true in the target)' },
  ...TLS_FACTS,
} as const satisfies FactTable;

const NONE: JsonObject = { exists: false };

const EXPECT: JsonObject = {
  role: ['primary', 'secondary', 'arbiter', 'standalone', 'mongos'],
  has_primary: { any_of: [true, NONE] },
  read_only: { any_of: [false, NONE] },
};

const PREFER: JsonObject = {
  members_down: { any_of: [{ count: 0 }, NONE] },
  ...STARTTLS_PREFER,
};

export const MONGO_DEFAULTS = { expect: EXPECT, prefer: PREFER };
