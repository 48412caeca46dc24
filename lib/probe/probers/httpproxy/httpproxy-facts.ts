import type { FactTable } from '../../../words/fact.ts';
import type { Code, Finding } from '../../../words/reason.ts';
import { TLS_FACTS } from '../../wire/certificates.ts';

/** What becomes of a request, by the code that the proxy’s answer has. */
const REPLIES = {
  auth: 'auth',
  status: 'failed',
  resolve_failed: 'unresolved',
  refused: 'refused',
  unreachable: 'unreachable',
  timeout: 'timeout',
  closed: 'closed',
  tls_handshake: 'tls',
} as const satisfies { readonly [code in Code]?: string };

const CODES_OF_REPLIES: { readonly [reply: string]: Code } = {
  connected: 'assertion',
  ...Object.fromEntries(Object.entries(REPLIES).map(([code, word]) => [word, code as keyof typeof REPLIES])),
};

export const HTTPPROXY_FACTS = {
  reply: {
    kind: 'word',
    code: 'status',
    codes: CODES_OF_REPLIES,
    meaning:
      'what became of the request, in the proxy’s own words: connected, denied (403: its rules do not allow it), failed, unresolved (it does not find the name), refused, unreachable, timeout, closed (the other side hung up), tls (no TLS with it) or auth (seen only where the config names `reply`)',
  },
  status: {
    kind: 'number',
    code: 'status',
    meaning: 'status code of the answer: to CONNECT the proxy’s, with `get` that of the page',
  },
  via: {
    kind: 'word',
    meaning: 'the header field Via: the proxies that the answer came through; absent where it has none',
  },
  ...TLS_FACTS,
} as const satisfies FactTable;

/** The fact `reply` of an answer; `refusal` is what the proxy says against it, or null. */
export function replyOf(refusal: Finding | null, status: number): string {
  if (refusal === null) return 'connected';
  if (refusal.code === 'status' && status === 403) return 'denied';
  const words: { readonly [code in Code]?: string } = REPLIES;
  return words[refusal.code] ?? REPLIES.status;
}
