import { safeLine } from '../../../words/safe-text.ts';
import type { Code, Finding } from '../../../words/reason.ts';
import { type Proxy, proxyAuthorization, showProxy } from '../proxy.ts';
import { headerValue } from './header-list.ts';
import type { ResponseHead } from './response-head.ts';

/** Errors by Squid’s names (X-Squid-Error) and those of RFC 9209 §2.3 (Proxy-Status). */
const KNOWN: readonly (readonly [RegExp, Code])[] = [
  [/ERR_DNS_FAIL|dns_(error|timeout)|destination_not_found/, 'resolve_failed'],
  [/ERR_CONNECT_FAIL (110|62)|connection_timeout|ERR_READ_TIMEOUT|http_response_timeout/, 'timeout'],
  [/ERR_CONNECT_FAIL (101|113)|destination_(unavailable|ip_unroutable)/, 'unreachable'],
  [/ERR_CONNECT_FAIL|connection_refused/, 'refused'],
  [/ERR_ZERO_SIZE_OBJECT|ERR_READ_ERROR|connection_terminated|http_response_incomplete/, 'closed'],
  [/ERR_SECURE_CONNECT_FAIL|tls_/, 'tls_handshake'],
];

const BY_STATUS: { readonly [status: number]: Code } = {
  502: 'unreachable',
  503: 'unreachable',
  504: 'timeout',
  407: 'auth',
};

/**
 * What an answer of a proxy’s own says about the way to `where`. `certain`: the answer is the proxy’s, as that to CONNECT
 * is; else it may be the service’s, and null says that nothing shows it to be the proxy’s.
 */
export function proxyRefusal(head: ResponseHead, proxy: Proxy, where: string, certain: true): Finding;
export function proxyRefusal(head: ResponseHead, proxy: Proxy, where: string, certain: false): Finding | null;
export function proxyRefusal(
  head: ResponseHead,
  proxy: Proxy,
  where: string,
  certain: boolean,
): Finding | null {
  const { status, headers } = head;
  const who = showProxy(proxy);
  if (status === 407) {
    const text =
      proxyAuthorization(proxy) === null
        ? 'wants a login: write user:password@ before its host'
        : 'refused the login';
    return { code: 'auth', phase: 'auth', text: `${who} ${text} (407)` };
  }
  const words = headerValue(headers, 'x-squid-error') ?? errorOf(headerValue(headers, 'proxy-status'));
  if (words === null && !certain) return null;
  const known = KNOWN.find(([pattern]) => words !== null && pattern.test(words.slice(0, 100)))?.[1];
  const said = [String(status), ...(words === null || words === '' ? [] : [safeLine(words, 60)])].join(', ');
  const code = known ?? BY_STATUS[status] ?? 'status';
  const what = code === 'status' ? 'does not let us go to' : 'cannot reach';
  return { code, phase: 'connect', text: `${who} ${what} ${where} (${said})`, got: status };
}

/** The `error` parameter of the last proxy in Proxy-Status (RFC 9209 §2.1.1). */
function errorOf(field: string | null): string | null {
  return /;\s?error=([a-z_]{1,40})/.exec((field ?? '').slice(0, 1000))?.[1] ?? null;
}
