import type { FactTable } from '../../../words/fact.ts';
import type { JsonObject } from '../../../words/json.ts';
import { TLS_FACTS, TLS_PREFER } from '../../wire/certificates.ts';

export const AMQP_FACTS = {
  product: { kind: 'word', meaning: 'what the broker calls itself: RabbitMQ' },
  version: { kind: 'word', meaning: 'version of the broker; absent when it names none' },
  cluster_name: { kind: 'word', meaning: 'name of its cluster; absent when it names none' },
  mechanisms: { kind: 'list', meaning: 'mechanisms that it offers for the login: PLAIN, EXTERNAL …' },
  login: {
    kind: 'bool',
    meaning:
      'whether the probe logged in; false without a user in the target, and then nothing else is proved, and RabbitMQ writes a warning into its log',
  },
  blocked: {
    kind: 'bool',
    code: 'overloaded',
    meaning:
      'whether the broker takes no messages because its memory or disk is low; absent without a login, with `alarms: false`, and when the broker does not tell',
  },
  blocked_by: {
    kind: 'word',
    meaning: 'the broker’s word for that: low on memory; absent unless it is blocked',
  },
  messages: { kind: 'number', meaning: 'messages ready in `queue`; absent without `queue`' },
  consumers: { kind: 'number', meaning: 'consumers of `queue`; absent without `queue`' },
  roundtrip_ms: {
    kind: 'number',
    unit: 'ms',
    meaning:
      'time from publishing the message of `roundtrip` until it came back; absent without `roundtrip`, and when the broker is blocked',
  },
  ...TLS_FACTS,
} as const satisfies FactTable;

export const AMQP_CODES = {
  auth: 'it refuses the user or password (403), the user may not use the virtual host (530), or may not do what is asked there (403)',
  status:
    'the virtual host, queue or exchange is not there (530, 404), another connection has the queue for itself (405), the virtual host is down (541), or the broker is shutting down (320)',
  overloaded:
    'an alarm stops all publishers, for memory or disk is low (blocked), or a limit on connections or channels is reached',
  protocol: 'it does not speak AMQP 0-9-1: another service, or a broker for AMQP 1.0 alone',
  timeout:
    'in the phase protocol: it accepts connections but does not answer; a node that waits for its cluster, or that is paused, looks so',
} as const;

export function amqpDefaults(scheme: string | null): {
  readonly expect: JsonObject;
  readonly prefer: JsonObject;
} {
  return {
    expect: { blocked: { any_of: [false, { exists: false }] } },
    prefer: scheme === 'amqps' ? { ...TLS_PREFER } : {},
  };
}
