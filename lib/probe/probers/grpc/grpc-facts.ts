import type { FactTable } from '../../../words/fact.ts';
import type { JsonObject } from '../../../words/json.ts';
import type { ProbeContext } from '../../prober.ts';
import { TLS_FACTS, TLS_PREFER } from '../../wire/certificates.ts';

export const GRPC_FACTS = {
  serving: {
    kind: 'word',
    code: 'status',
    meaning: 'SERVING, NOT_SERVING, UNKNOWN or SERVICE_UNKNOWN; absent when the call failed',
  },
  grpc_status: {
    kind: 'word',
    code: 'status',
    codes: {
      UNAUTHENTICATED: 'auth',
      PERMISSION_DENIED: 'auth',
      RESOURCE_EXHAUSTED: 'overloaded',
      DEADLINE_EXCEEDED: 'timeout',
    },
    meaning:
      'how the call went: OK, NOT_FOUND (no such service), UNIMPLEMENTED (no health check), UNAVAILABLE …',
  },
  grpc_message: { kind: 'text', meaning: 'what the server says to that; absent when nothing' },
  status: {
    kind: 'number',
    code: 'status',
    meaning: 'status code of HTTP: 200 for every call that a gRPC server answers, also one that failed',
  },
  ...TLS_FACTS,
} as const satisfies FactTable;

export type GrpcContext = ProbeContext<typeof GRPC_FACTS>;

export function grpcDefaults(scheme: string | null): {
  readonly expect: JsonObject;
  readonly prefer?: JsonObject;
} {
  return {
    expect: {
      status: 200,
      grpc_status: { any_of: ['OK'], when: { status: 200 } },
      serving: { any_of: ['SERVING'], when: { grpc_status: 'OK' } },
    },
    ...(scheme === 'grpcs' ? { prefer: TLS_PREFER } : {}),
  };
}
