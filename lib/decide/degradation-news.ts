import type { Draft } from '../words/draft.ts';
import { common, late, type Outcome } from './outcome.ts';
import { otherReasons, slowReasons } from './degradation.ts';
import { draft, leadWith } from './draft.ts';

/**
 * on_slow, on_degraded and on_restore: only of a service that is not down. What happens to the causes meanwhile is told
 * when it is back.
 */
export function degradations(outcome: Outcome): readonly Draft[] {
  const { before, after, result } = outcome;
  if (after.status !== 'degraded' && after.status !== 'up') return [];
  const drafts: Draft[] = [];
  if (isNews(after.slow, before.told.slow, outcome)) drafts.push(slow(outcome));
  if (isNews(after.other, before.told.other, outcome)) drafts.push(degraded(outcome));
  if (after.status === 'up' && before.told.degraded) {
    const summary = `not degraded any more: ${result.summary}`;
    drafts.push(draft('restore', result, { ...common(outcome), summary }));
  }
  return drafts;
}

function isNews(causes: readonly string[], told: boolean, { after }: Outcome): boolean {
  return causes.length > 0 && !told && after.held === null;
}

function slow(outcome: Outcome): Draft {
  const { before, after, result, policy } = outcome;
  const others = result.reasons.filter(({ code }) => code !== 'slow');
  const reasons = [...slowReasons(after, policy.slow), ...others];
  const [reason = null] = reasons;
  const waited = before.slow.length > 0 ? late(outcome) : {};
  const summary = `${reason?.text ?? result.summary} (slow)`;
  return draft('slow', { ...result, reason, reasons }, { ...common(outcome), ...waited, summary });
}

function degraded(outcome: Outcome): Draft {
  const { before, result } = outcome;
  const [reason = result.reason] = otherReasons(result);
  const reasons = reason === null ? result.reasons : leadWith(reason, result.reasons);
  const waited = before.other.length > 0 ? late(outcome) : {};
  return draft('degraded', { ...result, reason, reasons }, { ...common(outcome), ...waited });
}
