import { fail } from '../../prober.ts';
import { safeLine } from '../../../words/safe-text.ts';
import { headerValue, itemsOf } from './header-list.ts';
import type { ResponseHead } from './response-head.ts';

/** How the end of a body is known. */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until_close' };

/** RFC 9112 §6.3. Throws a Fault for what leaves the length in doubt. */
export function framingOf(method: string, head: ResponseHead): Framing {
  if (!mayHaveBody(method, head.status)) return { kind: 'none' };
  const codings = itemsOf(headerValue(head.headers, 'transfer-encoding')).filter(
    (coding) => coding !== 'identity',
  );
  if (codings.length === 1 && codings[0] === 'chunked') return { kind: 'chunked' };
  if (codings.length > 0) {
    fail(
      'protocol',
      'protocol',
      `the body is transferred as ${safeLine(codings.join(', '), 60)}, expected chunked at most`,
    );
  }
  const lengths = new Set(itemsOf(headerValue(head.headers, 'content-length')));
  if (lengths.size === 0) return { kind: 'until_close' };
  const [length = ''] = lengths;
  if (lengths.size > 1 || !/^\d{1,15}$/.test(length)) {
    fail(
      'protocol',
      'protocol',
      `Content-Length is ${safeLine([...lengths].join(', '), 60)}, expected one number of bytes`,
    );
  }
  return { kind: 'length', length: Number(length) };
}

/** RFC 9110 §6.4.1. */
export function mayHaveBody(method: string, status: number): boolean {
  return method !== 'HEAD' && status >= 200 && status !== 204 && status !== 304;
}
