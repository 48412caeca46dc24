import { InvalidOptions, PLACEHOLDER, type Prober, type Target } from '../prober.ts';
import { authorizationOf } from '../wire/http/authorization.ts';
import type { Place } from '../wire/http/place.ts';
import { headersOf } from '../wire/http/written-headers.ts';
import { askHealth, type HealthCheck } from './grpc/ask-health.ts';
import { GRPC_FACTS, grpcDefaults } from './grpc/grpc-facts.ts';
import { GRPC_OPTIONS, type GrpcOptions } from './grpc/grpc-options.ts';

/** What the call says itself. */
const OURS = [
  'content-type',
  'te',
  'grpc-timeout',
  'grpc-encoding',
  'grpc-accept-encoding',
  'host',
  'user-agent',
];

export const grpc: Prober<GrpcOptions, typeof GRPC_FACTS> = {
  type: 'grpc',
  proves:
    'The server answers the standard health check (grpc.health.v1, for the service that the path names, or for the whole server) with SERVING.',
  schemes: [
    { scheme: 'grpc', port: null, shape: 'path' },
    { scheme: 'grpcs', port: 443, tls: true, shape: 'path' },
  ],
  example: 'grpcs://api.example.org:8443/shop.v1.Orders',
  options: GRPC_OPTIONS,
  facts: GRPC_FACTS,
  proxy: true,
  codes: {
    status:
      'it is NOT_SERVING, does not know the service (NOT_FOUND, SERVICE_UNKNOWN), has no health check (UNIMPLEMENTED: ask its makers for one, or expect that status), or fails in another way: `grpc_status` and `grpc_message` say which',
    auth: 'UNAUTHENTICATED or PERMISSION_DENIED, or 401 or 403 of a proxy before it: see `auth` and `metadata`',
    overloaded: 'RESOURCE_EXHAUSTED: it says itself that it has no room',
    timeout: 'no answer in time, or the server itself gave up (DEADLINE_EXCEEDED)',
    protocol: 'it speaks no HTTP/2, or no gRPC over it',
    truncated: 'the connection ended before the trailers, which say how it went',
  },
  defaults: (_options, scheme) => grpcDefaults(scheme),
  prepare({ target, options }) {
    const check = checkOf(target, options);
    return {
      endpoint: { host: check.place.host, port: check.place.port },
      run: (context) => askHealth(check, context),
    };
  },
};

function checkOf(target: Target | null, options: GrpcOptions): HealthCheck {
  if (target === null || target.host === '')
    throw new InvalidOptions('target', 'it names no host, expected grpc://HOST:PORT/SERVICE');
  if (target.port === null)
    throw new InvalidOptions(
      'target',
      'it names no port, and gRPC without TLS has no usual one, expected grpc://HOST:PORT',
    );
  const service = target.path.replace(/^\//, '');
  if (service !== PLACEHOLDER && !/^[A-Za-z0-9_.\-/]{0,500}$/.test(service))
    throw new InvalidOptions('target', 'the path is no name of a service, expected such as /shop.v1.Orders');
  const { authority = null } = options;
  if (authority !== null && !/^[A-Za-z0-9._:[\]-]{1,255}$/.test(authority))
    throw new InvalidOptions('authority', 'saw a character that no host has, expected HOST or HOST:PORT');
  const place: Place = {
    scheme: target.scheme === 'grpcs' ? 'https' : 'http',
    host: target.host.toLowerCase(),
    port: target.port,
    path: '/grpc.health.v1.Health/Check',
  };
  return {
    place,
    service,
    authority,
    metadata: headersOf(options.metadata, 'metadata', OURS),
    authorization: authorizationOf(target, options.auth),
  };
}
