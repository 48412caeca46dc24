import type { FactTable } from '../../../words/fact.ts';
import type { JsonObject } from '../../../words/json.ts';
import { TLS_FACTS, TLS_PREFER } from '../../wire/certificates.ts';

export const STOMP_FACTS = {
  version: { kind: 'word', meaning: 'version of STOMP that both sides agree on: 1.0, 1.1 or 1.2' },
  server: {
    kind: 'word',
    meaning: 'what the server calls itself, `RabbitMQ/3.10.8`; absent when it does not',
  },
  session: { kind: 'word', meaning: 'the session’s id; absent when it gives none' },
  roundtrip_ms: {
    kind: 'number',
    unit: 'ms',
    code: 'slow',
    meaning: 'from subscribing to having the message that was sent; absent without `roundtrip`',
  },
  ...TLS_FACTS,
} as const satisfies FactTable;

export const STOMP_CODES = {
  auth: 'it refuses the login, has no such virtual host for it, or does not let it send and subscribe',
  overloaded: 'it, or the virtual host, has as many connections as it takes',
  status: 'it answered with another ERROR, or handed on another message than the one that was sent',
  timeout: 'in the round trip: it takes no messages, as RabbitMQ does with a memory or disk alarm',
} as const;

export function stompDefaults(scheme: string | null): { readonly prefer: JsonObject } {
  return { prefer: scheme === 'stomps' ? TLS_PREFER : {} };
}
