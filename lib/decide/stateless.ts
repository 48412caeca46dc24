import type { Draft } from '../words/draft.ts';
import type { Policy } from '../words/policy.ts';
import type { Result } from '../words/result.ts';
import { otherReasons, slowNow } from './degradation.ts';
import { draft, leadWith } from './draft.ts';

/**
 * Without memory (`--no-state`) nothing is an edge: every failing probe is on_down, every slow one on_slow, and so
 * on. on_result comes first; nothing has an incident or a previous status.
 */
export function decideStateless(result: Result, policy: Pick<Policy, 'slow'>): readonly Draft[] {
  return [draft('result', result, failures(result)), ...levels(result, policy)];
}

function levels(result: Result, policy: Pick<Policy, 'slow'>): readonly Draft[] {
  switch (result.status) {
    case 'down':
      return [draft('down', result, failures(result))];
    case 'unknown':
      return [draft('unknown', result)];
    case 'up':
    case 'degraded':
      return [...slow(result, policy), ...degraded(result)];
  }
}

function failures(result: Result): { readonly failures: number } {
  return { failures: result.status === 'down' ? 1 : 0 };
}

function slow(result: Result, policy: Pick<Policy, 'slow'>): readonly Draft[] {
  const found = slowNow(result, policy.slow);
  const [reason] = found;
  if (reason === undefined) return [];
  const reasons = [...found, ...result.reasons.filter(({ code }) => code !== 'slow')];
  const summary = `${reason.text} (slow)`;
  return [draft('slow', { ...result, status: 'degraded', reason, reasons, summary })];
}

function degraded(result: Result): readonly Draft[] {
  const others = otherReasons(result);
  const unnamed = result.status === 'degraded' && result.reasons.length === 0;
  if (others.length === 0 && !unnamed) return [];
  const [reason = result.reason] = others;
  const reasons = reason === null ? [] : leadWith(reason, result.reasons);
  return [draft('degraded', { ...result, reason, reasons })];
}
