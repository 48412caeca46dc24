import type { Code, Finding } from '../../../words/reason.ts';
import { safeLine } from '../../../words/safe-text.ts';

interface KafkaError {
  readonly name: string;
  readonly code: Code;
}

/** Those that a probe may meet. Source: kafka.apache.org/protocol, “Error codes”. */
const ERRORS: { readonly [code: number]: KafkaError } = {
  3: { name: 'UNKNOWN_TOPIC_OR_PARTITION', code: 'status' },
  5: { name: 'LEADER_NOT_AVAILABLE', code: 'quorum' },
  7: { name: 'REQUEST_TIMED_OUT', code: 'overloaded' },
  8: { name: 'BROKER_NOT_AVAILABLE', code: 'status' },
  14: { name: 'COORDINATOR_LOAD_IN_PROGRESS', code: 'loading' },
  15: { name: 'COORDINATOR_NOT_AVAILABLE', code: 'status' },
  17: { name: 'INVALID_TOPIC_EXCEPTION', code: 'status' },
  29: { name: 'TOPIC_AUTHORIZATION_FAILED', code: 'auth' },
  31: { name: 'CLUSTER_AUTHORIZATION_FAILED', code: 'auth' },
  33: { name: 'UNSUPPORTED_SASL_MECHANISM', code: 'auth' },
  34: { name: 'ILLEGAL_SASL_STATE', code: 'auth' },
  35: { name: 'UNSUPPORTED_VERSION', code: 'protocol' },
  42: { name: 'INVALID_REQUEST', code: 'protocol' },
  58: { name: 'SASL_AUTHENTICATION_FAILED', code: 'auth' },
  65: { name: 'DELEGATION_TOKEN_AUTHORIZATION_FAILED', code: 'auth' },
  72: { name: 'LISTENER_NOT_FOUND', code: 'status' },
  89: { name: 'THROTTLING_QUOTA_EXCEEDED', code: 'overloaded' },
};

export const UNKNOWN_TOPIC = 3;
export const LEADER_NOT_AVAILABLE = 5;

/** `what` completes “192.0.2.7:9092 …”; `said` is the broker’s own text, where it gave one. */
export function findingOf(error: number, peer: string, what: string, said: string | null = null): Finding {
  const { name, code } = ERRORS[error] ?? { name: `error ${String(error)}`, code: 'status' };
  const words = said === null || said === '' ? '' : ` (${safeLine(said, 160)})`;
  return {
    code,
    phase: code === 'auth' ? 'auth' : 'protocol',
    text: `${peer} ${what}: ${name}${words}`,
    got: name,
  };
}
