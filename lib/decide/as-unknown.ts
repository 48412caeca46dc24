import type { Reason, UnknownCode } from '../words/reason.ts';
import type { Result } from '../words/result.ts';
import { summarise } from '../words/summary.ts';
import { leadWith } from './draft.ts';

/** What makes results worth nothing: no canary answers (`isolated`), this host is overloaded (`resources`). */
export interface OwnTrouble {
  readonly code: UnknownCode;
  /** one line: what was seen, and what is usual */
  readonly text: string;
}

/**
 * A result that was made while puptime itself was in trouble. It says nothing of the service, so it is unknown, never down or
 * slow; what was found and seen stays in it for people to look at.
 */
export function asUnknown(result: Result, { code, text }: OwnTrouble): Result {
  const reason: Reason = {
    status: 'unknown',
    code,
    phase: 'connect',
    text,
    expected: null,
    got: null,
    fact: null,
  };
  return {
    ...result,
    status: 'unknown',
    reason,
    reasons: leadWith(reason, result.reasons),
    summary: summarise(reason),
    watched: null,
  };
}
