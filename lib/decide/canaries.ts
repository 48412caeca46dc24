import type { Code } from '../words/reason.ts';
import type { Baseline } from '../words/record.ts';
import type { Result } from '../words/result.ts';
import type { IsolationInput } from './isolation.ts';

/** Of each canary, whether it answers; one that never said anything is absent. */
export type Answers = { readonly [canary: string]: Baseline };

/** With what those of this run say; one that was not probed, or says nothing, counts by memory. */
export function answersOf({
  canaries,
  results,
  before,
}: Pick<IsolationInput, 'canaries' | 'results' | 'before'>): Answers {
  return Object.fromEntries(
    canaries.flatMap((name) => {
      const now = answerOf(results.get(name));
      const then =
        before !== null && Object.hasOwn(before.baseline, name) ? before.baseline[name] : undefined;
      const answer = now === null ? then : { value: now, digest: null };
      return answer === undefined ? [] : [[name, answer] as const];
    }),
  );
}

/** Null: it says nothing. */
function answerOf(result: Result | undefined): boolean | null {
  if (result === undefined) return null;
  if (result.status !== 'unknown') return result.status !== 'down';
  return result.reason !== null && CUT_OFF.has(result.reason.code) ? false : null;
}

/** No route and no resolver are what a cut line looks like from here. */
const CUT_OFF: ReadonlySet<Code> = new Set(['resolver_silent', 'resources']);

/** Canaries were asked, and not one answers. Where none says anything, what was so is still so. */
export function isCutOff(canaries: readonly string[], answers: Answers, was: boolean): boolean {
  if (canaries.length === 0) return false;
  const said = Object.values(answers).map(({ value }) => value === true);
  return said.length === 0 ? was : !said.includes(true);
}
