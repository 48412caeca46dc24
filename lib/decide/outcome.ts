import type { Policy } from '../words/policy.ts';
import type { WholeRecord } from '../words/record.ts';
import type { Result } from '../words/result.ts';
import { previousOf, type Telling } from './draft.ts';
import { failuresOf } from './streak.ts';
import type { Watched } from './watch.ts';

/** What came of one result that is known: what there may be to tell of. */
export interface Outcome {
  readonly before: WholeRecord;
  /** as decided; `told` and `announced` are still those of before */
  readonly after: WholeRecord;
  readonly result: Result;
  readonly policy: Policy;
  readonly watched: Watched;
  readonly gap_ms: number | null;
}

/** What all drafts of an outcome say. */
export function common({ before, after, gap_ms }: Outcome): Telling {
  return {
    status: after.status,
    previous: previousOf(before),
    since: after.since,
    failures: failuresOf(after.streak),
    incident: after.incident,
    gap_ms,
  };
}

/** What is told late says what it has waited for, and the status before it. */
export function late({ before, after }: Outcome): Telling {
  return before.owed === null || before.status !== after.status ? {} : before.owed;
}
