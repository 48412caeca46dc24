import type { Change } from '../words/event.ts';
import type { Json } from '../words/json.ts';
import type { Baseline } from '../words/record.ts';
import type { Result } from '../words/result.ts';
import { safeText } from '../words/safe-text.ts';
import { canonical } from './canonical.ts';
import { diff } from './diff.ts';
import { digest } from './digest.ts';

/** As much of a watched value is remembered and shown, in characters of its JSON. */
const KEPT_MAX = 16_384;

export interface Watched {
  readonly changes: readonly Change[];
  readonly baseline: { readonly [fact: string]: Baseline };
  /** true when a value in `changes` had to be cut */
  readonly truncated: boolean;
}

/**
 * What differs from the last good result. A failed probe has seen nothing (`watched` is null) and changes nothing;
 * a first value is no change; a value that was seen and is no longer there (null) is one.
 */
export function changesSince(
  baseline: Watched['baseline'],
  watched: Result['watched'],
  facts: readonly string[],
): Watched {
  const next = new Map<string, Baseline>();
  const changes: Change[] = [];
  let truncated = false;
  for (const fact of facts) {
    const before = Object.hasOwn(baseline, fact) ? baseline[fact] : undefined;
    const value = watched !== null && Object.hasOwn(watched, fact) ? watched[fact] : undefined;
    const after = value === undefined ? before : remember(value);
    if (after !== undefined) next.set(fact, after);
    if (before === undefined || after === undefined || isSame(before, after)) continue;
    changes.push({ fact, before: before.value, after: after.value, diff: diffOf(before, after) });
    truncated ||= before.digest !== null || after.digest !== null;
  }
  return { changes, baseline: Object.fromEntries(next), truncated };
}

function remember(value: Json): Baseline {
  const whole = canonical(value);
  if (whole.length <= KEPT_MAX) return { value, digest: null };
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 1);
  return { value: safeText(text, KEPT_MAX), digest: digest(whole) };
}

function diffOf(before: Baseline, after: Baseline): string {
  const lines = diff(before.value, after.value);
  if (lines !== '') return lines;
  const isCut = before.digest !== null || after.digest !== null;
  // What looks alike and is not cut differs in its type: 1 and "1".
  return isCut
    ? `+ (differs after the first ${KEPT_MAX} characters)`
    : `- ${JSON.stringify(before.value)}\n+ ${JSON.stringify(after.value)}`;
}

function isSame(before: Baseline, after: Baseline): boolean {
  if (before.digest !== null || after.digest !== null) return before.digest === after.digest;
  return canonical(before.value) === canonical(after.value);
}
