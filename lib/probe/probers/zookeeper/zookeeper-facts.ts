import type { FactTable } from '../../../words/fact.ts';
import type { JsonObject } from '../../../words/json.ts';
import { TLS_FACTS, TLS_PREFER } from '../../wire/certificates.ts';

const UNTOLD = 'absent when `srvr` is not in its whitelist';

export const ZOOKEEPER_FACTS = {
  version: { kind: 'word', meaning: `version of the server; ${UNTOLD}` },
  serving: {
    kind: 'bool',
    code: 'quorum',
    meaning:
      'whether it serves: false while its ensemble has no majority, or it has not found its leader yet',
  },
  read_only: {
    kind: 'bool',
    code: 'read_only',
    meaning: 'whether it is cut off from its majority and serves in read-only mode',
  },
  mode: {
    kind: 'word',
    code: 'quorum',
    meaning: `leader, follower, observer, standalone or read-only; ${UNTOLD}`,
  },
  znodes: { kind: 'number', meaning: `nodes that it keeps; ${UNTOLD}` },
  connections: {
    kind: 'number',
    code: 'overloaded',
    meaning: `open connections, puptime’s included; ${UNTOLD}`,
  },
  outstanding: {
    kind: 'number',
    code: 'overloaded',
    meaning: `requests that wait to be worked on; ${UNTOLD}`,
  },
  latency_min_ms: {
    kind: 'number',
    unit: 'ms',
    meaning: `the shortest time that a request took since its start; ${UNTOLD}`,
  },
  latency_avg_ms: {
    kind: 'number',
    unit: 'ms',
    code: 'slow',
    meaning: `how long requests took on average since its start; ${UNTOLD}`,
  },
  latency_max_ms: {
    kind: 'number',
    unit: 'ms',
    meaning: `the longest time that a request took since its start; ${UNTOLD}`,
  },
  exists: {
    kind: 'bool',
    code: 'status',
    meaning: 'whether the node that the path names is there (`/` without one); absent when it does not serve',
  },
  size: { kind: 'number', unit: 'bytes', meaning: 'data of the node' },
  children: { kind: 'number', code: 'status', meaning: 'nodes directly below it' },
  age_s: { kind: 'number', unit: 's', meaning: 'seconds since the data of the node was changed' },
  ephemeral: { kind: 'bool', meaning: 'whether the node goes when the session that made it ends' },
  ...TLS_FACTS,
} as const satisfies FactTable;

export const ZOOKEEPER_CODES = {
  quorum: 'it does not serve: its ensemble has lost its majority, or elects a leader',
  read_only: 'it is cut off from its majority and only reads',
  auth: 'the login of the target may not read the node',
  status: 'the node that the path names does not exist, or it answered with another error',
  closed: 'it hung up: it does not serve, or has maxClientCnxns connections from this host',
  overloaded: 'it throttles requests',
} as const;

const ifAny = (value: boolean): JsonObject => ({ any_of: [value, { exists: false }] });

export function zookeeperDefaults(scheme: string | null): {
  readonly expect: JsonObject;
  readonly prefer: JsonObject;
} {
  return {
    // One that does not serve has nothing to say of the others.
    expect: { serving: true, read_only: ifAny(false), exists: ifAny(true) },
    prefer: scheme === 'zookeepers' ? TLS_PREFER : {},
  };
}
