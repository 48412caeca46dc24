import type { FactTable } from '../../../words/fact.ts';
import type { JsonObject } from '../../../words/json.ts';
import { TLS_FACTS, TLS_PREFER } from '../../wire/certificates.ts';

export const SENTINEL_FACTS = {
  version: { kind: 'word', meaning: 'version of the server; absent when INFO is refused' },
  role: {
    kind: 'word',
    code: 'status',
    meaning: 'sentinel; master or replica when it is no sentinel at all; absent when INFO is refused',
  },
  masters: { kind: 'number', meaning: 'masters that it watches; absent when INFO is refused' },
  state: {
    kind: 'word',
    code: 'status',
    meaning:
      'the master as it sees it: ok, s_down (this sentinel gets no answer) or o_down (enough sentinels agree on that); the worst one without a name in the target, absent when it watches none',
  },
  failing: {
    kind: 'list',
    meaning: 'names of the masters that are not ok or have no quorum, of those asked about',
  },
  quorum: {
    kind: 'bool',
    code: 'quorum',
    meaning:
      'whether it reaches enough sentinels to agree that the master is down and to authorise a failover (CKQUORUM); absent when it watches none',
  },
  failover: { kind: 'bool', code: 'status', meaning: 'whether a failover is going on' },
  usable_sentinels: {
    kind: 'number',
    code: 'quorum',
    meaning: 'sentinels of the master that answer, this one included; without a name the fewest of any',
  },
  sentinels: {
    kind: 'number',
    meaning: 'sentinels of the master that it knows, this one included; without a name the fewest of any',
  },
  master: {
    kind: 'word',
    meaning:
      'address of the master as clients are told it, `192.0.2.7:6379`; absent when several masters are asked about',
  },
  replicas: {
    kind: 'number',
    code: 'replication',
    meaning: 'replicas of the master that it knows; without a name the fewest of any',
  },
  tilt: {
    kind: 'bool',
    code: 'status',
    meaning:
      'whether it mistrusts its own clock (TILT) and carries out no failover; absent when INFO is refused',
  },
  ...TLS_FACTS,
} as const satisfies FactTable;

export const SENTINEL_CODES = {
  auth: 'it wants a password or refuses this one, or does not let the user ask',
  status: 'it watches no master of that name, sees it down (s_down, o_down), or is no sentinel',
  quorum: 'it reaches too few other sentinels: if the master fails, nobody takes over',
  protocol: 'it is no sentinel, or no Redis at all',
} as const;

/** A value that must be this one where there is any: a user may not be allowed INFO. */
const ifAny = (value: string | boolean): JsonObject => ({ any_of: [value, { exists: false }] });

const EXPECT: JsonObject = { role: ifAny('sentinel'), state: ifAny('ok'), quorum: ifAny(true) };

/** One that watches nothing protects nothing, but may be given a master at any time. */
const PREFER: JsonObject = {
  masters: { any_of: ['>= 1', { exists: false }] },
  failover: ifAny(false),
  tilt: ifAny(false),
};

export function sentinelDefaults(scheme: string | null): {
  readonly expect: JsonObject;
  readonly prefer: JsonObject;
} {
  return { expect: EXPECT, prefer: scheme === 'sentinels' ? { ...PREFER, ...TLS_PREFER } : PREFER };
}
