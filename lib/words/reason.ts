import type { Json } from './json.ts';

/** The part of a probe in which it was found. */
export const PHASES = ['resolve', 'connect', 'tls', 'protocol', 'auth', 'expect'] as const;
export type Phase = (typeof PHASES)[number];

/**
 * Every reason code there is: what it means, and what to do about it. One code, one meaning.
 * The schemas and docs/events.md are made from this table. Within v1 codes are added, never renamed.
 */
export const CODES = {
  resolve_nxdomain: ['the name does not exist', 'check the spelling and the zone'],
  resolve_failed: [
    'the resolver answered, but not with an address',
    'ask the zone’s own servers: SERVFAIL points to a broken or mis-signed zone',
  ],
  refused: ['nothing listens on that port', 'start the service, check its port and address'],
  unreachable: ['the network says that there is no way there', 'check routes and firewalls on the way'],
  timeout: ['it did not answer in time', 'frozen, overloaded, or a firewall that drops: look at the phase'],
  reset: ['the connection was reset', 'the service crashed or refuses this client: see its log'],
  closed: [
    'the connection was closed before the answer was whole',
    'see the service’s log for why it hangs up',
  ],
  protocol: ['the answer is not what this protocol says', 'is another service on that port?'],
  truncated: ['the answer ended early', 'see the service’s log; a proxy in between may cut'],
  too_large: ['the answer is larger than puptime reads', 'ask for less, or raise the limit'],
  redirect: ['the redirects lead nowhere, in a circle, or where they must not', 'look at the hops'],
  tls_untrusted: [
    'no trusted authority stands behind the certificate',
    'serve the intermediate certificates, or set tls.ca',
  ],
  tls_hostname: [
    'the certificate is for another name',
    'get a certificate with this name, or set tls.server_name',
  ],
  tls_expired: [
    'a certificate of the chain is past its end or before its start',
    'renew it; check the clock',
  ],
  tls_version: ['no TLS version in common', 'raise the server’s versions or lower tls.min_version'],
  tls_handshake: ['the TLS handshake failed', 'is it a TLS port? does it want a client certificate?'],
  auth: ['the login was refused', 'check user, password and what they may do'],
  status: ['the service answered with a failure of its own', 'see the service’s log'],
  assertion: ['an expectation of the config is not met', 'compare expected and got'],
  read_only: ['it works, but takes no writes', 'look for a failed-over primary or a full disk'],
  loading: ['it is still starting', 'wait; if it stays so, see its log'],
  overloaded: ['it says itself that it has no room', 'connections, memory or queue limits'],
  replication: ['its replication is cut or late', 'check the link to its primary'],
  quorum: ['its cluster has lost its majority', 'bring members back'],
  loss: ['packets are lost', 'check the path and the host'],
  slow: ['it takes longer than `slow`', 'see the timings for the phase'],
  expiring: ['something ends soon', 'renew it'],
  exit: ['the command failed', 'run it by hand; its output is in the result'],
  signal: ['the command was ended by a signal', 'run it by hand'],
  no_heartbeat: ['no heartbeat came in time', 'did the job run?'],
  mismatch: ['sources that must agree differ', 'compare the values'],
  dependency: ['something it depends on is down', 'mend that first'],
  tool_missing: [
    'a program that puptime needs is not installed here',
    'install it on the host that runs puptime',
  ],
  resolver_silent: [
    'this host’s own resolver does not answer',
    'check /etc/resolv.conf of the host that runs puptime',
  ],
  permission: ['puptime may not do that here', 'give the user that runs puptime the right it names'],
  resources: [
    'this host ran out of something: descriptors, ports, memory, time',
    'lower the concurrency or raise the limits',
  ],
  isolated: ['no canary answers: this host is cut off', 'look at this host’s own line'],
  internal: ['a bug in puptime', 'report it with the text'],
} as const satisfies Record<string, readonly [meaning: string, advice: string]>;

export type Code = keyof typeof CODES;

/** The codes that say that puptime itself could not tell: the status is unknown, never down. */
export type UnknownCode =
  | 'tool_missing'
  | 'resolver_silent'
  | 'permission'
  | 'resources'
  | 'isolated'
  | 'internal'
  | 'exit'
  | 'signal';

/**
 * What a prober found wrong. `text` is one line in puptime’s words, or words of the peer already made safe.
 * `expected` and `got` are given where they add something.
 */
export interface Finding {
  readonly code: Code;
  readonly phase: Phase;
  readonly text: string;
  readonly expected?: Json;
  readonly got?: Json;
}

/** A finding with what it makes of the service. The first failing one is a result’s `reason`, all are its `reasons`. */
export interface Reason {
  readonly status: 'down' | 'degraded' | 'unknown';
  readonly code: Code;
  readonly phase: Phase;
  readonly text: string;
  readonly expected: Json;
  readonly got: Json;
  /** the fact that an expectation was about; null for what the prober found itself */
  readonly fact: string | null;
}
