import { showDuration } from './duration-text.ts';
import type { Json } from './json.ts';
import { isObject } from './json.ts';
import type { Code, Phase, Reason } from './reason.ts';

/** What a summary may mention beside the reason. */
export interface SummaryDetail {
  /** the port that was probed */
  readonly port?: number | null;
  readonly duration_ms?: number | null;
}

/**
 * One line on a result in puptime's own words, numbers and the code: `password refused (auth)`. Never a word of the
 * peer, because it goes into the environment of hooks. `null` is a result without a fault.
 */
export function summarise(
  reason: Pick<Reason, 'code' | 'phase' | 'fact' | 'expected' | 'got'> | null,
  detail: SummaryDetail = {},
): string {
  if (reason === null) return answered(detail.duration_ms ?? null);
  const words =
    reason.fact === null ? faultWords(reason.code, reason.phase, detail) : factWords(reason.fact, reason);
  return `${words} (${reason.code})`;
}

function answered(duration_ms: number | null): string {
  return duration_ms === null ? 'works' : `answered in ${showDuration(duration_ms)}`;
}

type Words = string | ((phase: Phase, detail: SummaryDetail) => string);

const WORDS: Readonly<Record<Code, Words>> = {
  resolve_nxdomain: 'its name does not exist',
  resolve_failed: 'its name could not be resolved',
  refused: (_, { port }) =>
    `${port === null || port === undefined ? 'its port' : `port ${port}`} refused the connection`,
  unreachable: 'no way there through the network',
  timeout: (phase) => TIMEOUT_WORDS[phase],
  reset: (phase) => `connection reset ${DURING[phase]}`,
  closed: (phase) => `connection closed ${DURING[phase]}`,
  protocol: 'the answer is not of this protocol',
  truncated: 'the answer ended early',
  too_large: 'the answer is larger than the limit',
  redirect: 'the redirects lead nowhere',
  tls_untrusted: 'the certificate is not trusted',
  tls_hostname: 'the certificate is for another name',
  tls_expired: 'a certificate is outside its dates',
  tls_version: 'no TLS version in common',
  tls_handshake: 'the TLS handshake failed',
  auth: 'password refused',
  status: 'it answered with a failure',
  assertion: 'not as expected',
  read_only: 'it takes no writes',
  loading: 'it is still starting',
  overloaded: 'it has no room left',
  replication: 'its replication is cut or late',
  quorum: 'its cluster has no majority',
  loss: 'packets are lost',
  slow: 'slower than its limit',
  expiring: 'something ends soon',
  exit: 'the command failed',
  signal: 'the command was ended by a signal',
  no_heartbeat: 'no heartbeat in time',
  mismatch: 'the sources do not agree',
  dependency: 'something it depends on is down',
  tool_missing: 'a needed program is not installed here',
  resolver_silent: 'the resolver of this host does not answer',
  permission: 'puptime may not do that here',
  resources: 'this host ran out of something',
  isolated: 'this host is cut off',
  internal: 'a bug in puptime',
};

const TIMEOUT_WORDS: Readonly<Record<Phase, string>> = {
  resolve: 'its name was not resolved in time',
  connect: 'no connection in time',
  tls: 'TLS was not set up in time',
  protocol: 'no whole answer in time',
  auth: 'the login was not answered in time',
  expect: 'no whole answer in time',
};

const DURING: Readonly<Record<Phase, string>> = {
  resolve: 'while resolving',
  connect: 'while connecting',
  tls: 'while setting up TLS',
  protocol: 'before the answer was whole',
  auth: 'during the login',
  expect: 'before the answer was whole',
};

function faultWords(code: Code, phase: Phase, detail: SummaryDetail): string {
  const words = WORDS[code];
  return typeof words === 'string' ? words : words(phase, detail);
}

// The declared name alone: what follows the first dot or bracket (a header, a JSONPath) may be anything.
const DECLARED_NAME = /^[a-z][a-z0-9_]{0,39}/;

function factWords(fact: string, reason: { readonly expected: Json; readonly got: Json }): string {
  const name = DECLARED_NAME.exec(fact)?.[0] ?? 'a fact';
  if (reason.got === null) return `${name} was not seen`;
  const wanted = showExpected(reason.expected);
  if (typeof reason.got !== 'number') return `${name} is not as expected`;
  return wanted === null
    ? `${name} is ${reason.got}, not as expected`
    : `${name} is ${reason.got}, expected ${wanted}`;
}

const COMPARISON = /^(?:<|<=|>|>=|!=) ?\d{1,15}(?:\.\d{1,6})? ?[a-zA-Z%]{0,4}$/;

/** Numbers and comparisons are shown; any other expectation is the user's text and stays out. */
function showExpected(expected: Json): string | null {
  if (typeof expected === 'number') return String(expected);
  if (typeof expected === 'string') return COMPARISON.test(expected) ? expected : null;
  if (Array.isArray(expected))
    return expected.length <= 5 && expected.every(isNumber) ? expected.join(' or ') : null;
  if (!isObject(expected)) return null;
  const { min, max } = expected;
  if (typeof min === 'number' && typeof max === 'number') return `${min} to ${max}`;
  if (typeof min === 'number') return `at least ${min}`;
  return typeof max === 'number' ? `at most ${max}` : null;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}
