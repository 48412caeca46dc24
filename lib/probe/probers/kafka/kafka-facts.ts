import type { FactTable } from '../../../words/fact.ts';
import type { JsonObject } from '../../../words/json.ts';
import { TLS_FACTS, TLS_PREFER } from '../../wire/certificates.ts';

export const KAFKA_FACTS = {
  brokers: {
    kind: 'number',
    code: 'quorum',
    meaning: 'brokers of the cluster that are alive; with three, expect ">= 3"',
  },
  controller: {
    kind: 'number',
    code: 'quorum',
    meaning:
      'id of the broker that is the controller (or takes requests for it, with KRaft); absent when there is none',
  },
  cluster_id: { kind: 'word', meaning: 'id of the cluster; absent when it names none' },
  topics: {
    kind: 'number',
    meaning: 'topics that the user may see, those of Kafka itself included; 1 with `topic`',
  },
  partitions: { kind: 'number', meaning: 'partitions of these topics' },
  under_replicated: {
    kind: 'number',
    code: 'replication',
    meaning: 'partitions of these topics that have fewer replicas in sync than replicas',
  },
  offline: {
    kind: 'number',
    code: 'quorum',
    meaning: 'partitions of these topics that have no leader: nobody can write to them or read from them',
  },
  affected: {
    kind: 'list',
    meaning: 'the partitions that are under-replicated or offline, `orders-3`; at most 50',
  },
  ...TLS_FACTS,
} as const satisfies FactTable;

export const KAFKA_CODES = {
  auth: 'it refuses the user or password, has no login by this mechanism, or the user may not see the topic',
  status: 'the topic is not there, or the broker answers with another error',
  quorum: 'there is no controller, or partitions have no leader because the brokers that hold them are gone',
  replication: 'partitions have replicas that are not in sync: a broker is gone or cannot keep up',
  protocol: 'it is no Kafka broker, or one before 0.10',
  closed: 'it hung up: a listener with SASL or TLS does so to those who come without',
} as const;

const EXPECT: JsonObject = { controller: { exists: true }, offline: 0 };
const PREFER: JsonObject = { under_replicated: 0 };

export function kafkaDefaults(scheme: string | null): {
  readonly expect: JsonObject;
  readonly prefer: JsonObject;
} {
  return { expect: EXPECT, prefer: scheme === 'kafkas' ? { ...PREFER, ...TLS_PREFER } : PREFER };
}
