import type { EventKind } from '../words/event.ts';
import { compareBadness } from '../words/status.ts';
import type { Result } from '../words/result.ts';
import { safeLine } from '../words/safe-text.ts';

/** A result as it is printed; `events` are those that it gave rise to, absent where nothing was decided. */
export type Reported = Result & { readonly events?: readonly EventKind[] };

/** Bad ones first, then by name. */
export function badFirst<T extends Pick<Result, 'service' | 'status'>>(results: readonly T[]): readonly T[] {
  return results.toSorted((a, b) => compareBadness(a.status, b.status) || compareText(a.service, b.service));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** The summary, with what the prober or the peer said where there is something: one safe line for a person. */
export function explainLine({
  summary,
  reason,
}: {
  readonly summary: string;
  readonly reason: { readonly text: string } | null;
}): string {
  const said = reason === null ? '' : safeLine(reason.text);
  const words = safeLine(summary);
  // Expectations say everything in the summary already.
  return said === '' || words.startsWith(said) ? words : `${words}: ${said}`;
}
