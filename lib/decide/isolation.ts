import { showDuration } from '../words/duration-text.ts';
import type { Draft } from '../words/draft.ts';
import type { Hold } from '../words/policy.ts';
import type { Reason } from '../words/reason.ts';
import { ISOLATION, type ServiceRecord } from '../words/record.ts';
import type { Result, RunInfo } from '../words/result.ts';
import { summarise } from '../words/summary.ts';
import type { OwnTrouble } from './as-unknown.ts';
import { type Answers, answersOf, isCutOff } from './canaries.ts';
import type { Decision } from './decide.ts';
import { draft, previousOf } from './draft.ts';
import { blankRecord } from './remembered.ts';
import { unprobed } from './unprobed.ts';

export interface IsolationInput {
  /** names of the canaries in the config; with none of them nobody is cut off */
  readonly canaries: readonly string[];
  /** those of this run by name; a canary that was not probed counts by memory */
  readonly results: ReadonlyMap<string, Result>;
  /** the record under ISOLATION; null: there is none yet */
  readonly before: ServiceRecord | null;
  /** RFC 3339 UTC */
  readonly time: string;
  readonly run: RunInfo;
}

export interface Isolation {
  readonly isolated: boolean;
  /** for decide, and what asUnknown makes of each result meanwhile; null when not isolated */
  readonly trouble: { readonly hold: Hold; readonly own: OwnTrouble } | null;
  /** to be committed before the results of this run; null: nothing is to be remembered */
  readonly decision: Decision | null;
}

/**
 * Whether this host is cut off: canaries were asked and not one has answered. on_isolated runs when it begins and when it is
 * over. A canary that puptime is not able to ask (no tool, no permission) says nothing; where none says anything, what
 * was so is still so.
 */
export function judgeIsolation(input: IsolationInput): Isolation {
  const { canaries, before, time } = input;
  if (canaries.length === 0 && before === null) return { isolated: false, trouble: null, decision: null };
  const answers = answersOf(input);
  const was = before !== null && before.unknown !== null;
  const isolated = isCutOff(canaries, answers, was);
  const summary = summaryOf(isolated, canaries.length, before, time);
  const known = before ?? blankRecord(WHO, time);
  const record: ServiceRecord = {
    ...known,
    status: isolated ? 'unknown' : 'up',
    since: isolated === was && before !== null ? known.since : time,
    time,
    started: time,
    summary,
    unknown: isolated ? { since: known.unknown?.since ?? time, time, summary } : null,
    baseline: answers,
  };
  const drafts = isolated === was ? [] : [event(isolated, summary, input, answers)];
  return {
    isolated,
    trouble: isolated ? { hold: HOLD, own: { code: 'isolated', text: NOBODY_ANSWERS } } : null,
    decision: { record, drafts, changed: drafts.length > 0 },
  };
}

const HOLD: Hold = { kind: 'isolation', cause: '', until: null };
const NOBODY_ANSWERS = 'no canary answers, so this host is cut off, not the service';
const WHO = {
  service: ISOLATION,
  files: [],
  type: 'canaries',
  target: null,
  about: null,
  hooks: null,
  started: '',
  gone: null,
};

function summaryOf(isolated: boolean, count: number, before: ServiceRecord | null, time: string): string {
  if (isolated)
    return `${count === 1 ? 'the canary does not answer' : `none of ${count} canaries answers`}: ${WORDS}`;
  const since = before?.unknown?.since;
  if (since === undefined) return 'canaries answer';
  return `not cut off any more, after ${showDuration(Math.max(0, Date.parse(time) - Date.parse(since)))}`;
}

const REASON: Reason = {
  status: 'unknown',
  code: 'isolated',
  phase: 'connect',
  text: NOBODY_ANSWERS,
  expected: null,
  got: null,
  fact: null,
};
const WORDS = summarise(REASON);

/** About puptime itself, as on_run is. */
function event(
  isolated: boolean,
  summary: string,
  { before, time, run }: IsolationInput,
  answers: Answers,
): Draft {
  const said = Object.values(answers);
  const body = {
    ...unprobed(summary, time, run),
    service: 'puptime',
    type: 'canaries',
    target: null,
    status: isolated ? 'unknown' : 'up',
    reason: isolated ? REASON : null,
    reasons: isolated ? [REASON] : [],
    metrics: { canaries: said.length, answering: said.filter(({ value }) => value === true).length },
    description: null,
    group: null,
    tags: [],
    vars: {},
    runbook: null,
    hint: null,
  } as const;
  return draft('isolated', body, {
    cause: isolated ? 'started' : 'stopped',
    previous: previousOf(before),
    since: time,
  });
}
