import type { FactTable } from '../../../words/fact.ts';
import type { JsonObject } from '../../../words/json.ts';
import { TLS_FACTS, TLS_PREFER } from '../../wire/certificates.ts';

export const NATS_FACTS = {
  version: { kind: 'word', meaning: 'version of the server' },
  server_name: { kind: 'word', meaning: 'its name; its id when it was given none' },
  server_id: { kind: 'word', meaning: 'its id, another one after each start' },
  cluster: { kind: 'word', meaning: 'name of its cluster; absent without one' },
  connect_urls: {
    kind: 'list',
    meaning:
      'addresses of the servers of its cluster, `192.0.2.7:4222`, at most 100; absent without a cluster',
  },
  max_payload: { kind: 'number', unit: 'bytes', meaning: 'the largest message it takes' },
  jetstream: { kind: 'bool', code: 'status', meaning: 'whether JetStream is switched on' },
  lame_duck: {
    kind: 'bool',
    code: 'status',
    meaning: 'whether it is about to shut down and sends its clients to other servers',
  },
  auth_required: { kind: 'bool', meaning: 'whether it wants a login' },
  tls: { kind: 'bool', code: 'tls_handshake', meaning: 'whether the connection is under TLS' },
  roundtrip_ms: {
    kind: 'number',
    unit: 'ms',
    code: 'slow',
    meaning: 'from publishing a message to having it back; absent without `roundtrip`',
  },
  ...TLS_FACTS,
} as const satisfies FactTable;

export const NATS_CODES = {
  auth: 'it refuses the login, wants one, or does not let this user publish and subscribe to an inbox',
  overloaded: 'it, or the account, has as many connections or subscriptions as it takes',
  status:
    'it is about to shut down (lame duck), lost the message of the round trip, or answered with another error',
  tls_handshake: 'it offers no TLS though that is required, or the handshake failed',
} as const;

export function natsDefaults(scheme: string | null): { readonly prefer: JsonObject } {
  // A server without TLS has no certificate.
  const cert_days = { any_of: [TLS_PREFER.cert_days, { exists: false }] };
  return { prefer: { lame_duck: false, ...(scheme === 'natss' ? TLS_PREFER : { cert_days }) } };
}
