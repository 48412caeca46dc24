import { showDuration } from '../words/duration-text.ts';
import type { EventKind } from '../words/event.ts';
import type { Quorum } from '../words/policy.ts';
import type { ServiceRecord, WholeRecord } from '../words/record.ts';
import { decide, type DecideInput } from './decide.ts';
import { CLEARED_AT, limitsOf, meanOf, windowOf } from './degradation.ts';
import { changing } from './flapping.ts';
import { causeOf } from './held.ts';
import { type Forecast, forecast } from './forecast.ts';
import type { Parent } from './parents.ts';
import { whole } from './remembered.ts';
import { failuresOf, outcomesWithin } from './streak.ts';

export interface ExplainInput extends DecideInput {
  /** those of depends_on; absent: it has none */
  readonly parents?: readonly Parent[];
  /** for the times of what comes next; null or absent: not known */
  readonly interval_ms?: number | null;
}

/** One decision in words: lines for people, times in RFC 3339. Every list but `now` and `next` has at least one line. */
export interface Explanation {
  /** what this result gives rise to */
  readonly now: readonly EventKind[];
  /** how far it is: `2 of 3 failures in a row`, `mean of the last 3 runs is 640 ms, slow above 800 ms` */
  readonly counts: readonly string[];
  /** what would be announced if it goes on failing, or works again */
  readonly next: readonly Forecast[];
  /** what keeps bad news back, and what does not: `maintenance: kernel update, until …`, `parent gw is working` */
  readonly holds: readonly string[];
  /** what hooks have been told, this result included, and is not over */
  readonly told: readonly string[];
}

/** Why something is announced, or is not: for `explain` and `simulate`. Decides, and remembers nothing. */
export function explainDecision(input: ExplainInput): Explanation {
  const { record, drafts } = decide(input);
  const after = whole(record);
  return {
    now: drafts.map(({ event }) => event),
    counts: counts(after, input),
    next: forecast({ ...input, before: record }, input.interval_ms ?? null),
    holds: holds(after, input),
    told: told(after),
  };
}

/** The `counts` of an explanation, of what a decision has left. */
export function countsOf(record: ServiceRecord, input: ExplainInput): readonly string[] {
  return counts(whole(record), input);
}

function counts(after: WholeRecord, input: ExplainInput): readonly string[] {
  return [...sides(after, input), ...slowness(after, input), ...flips(after, input)];
}

function sides(after: WholeRecord, { policy, result }: ExplainInput): readonly string[] {
  const { status, streak, unknown } = after;
  if (unknown !== null) {
    const stands = after.time === null ? 'nothing is known of it yet' : `it counts as ${status} as before`;
    return [`unknown since ${unknown.since}: ${stands}`];
  }
  const stands = `${status} since ${after.since}`;
  if (streak === null || streak.failing === (status === 'down')) {
    const count = failuresOf(streak);
    const failing = count === 1 ? '1 failing run' : `${count} failing runs in a row`;
    return [result.status === 'down' ? `${stands}, ${failing}` : stands];
  }
  const quorum = streak.failing ? policy.down_after : policy.up_after;
  const seen = quorumWords(quorum, streak.failing ? 'failures' : 'good runs', after);
  return after.time === null || status === 'unknown' ? [seen] : [seen, `${stands}, until that is confirmed`];
}

function quorumWords(quorum: Quorum, what: string, { streak, outcomes }: WholeRecord): string {
  const { count, of } = quorum;
  if (count === of) return `${streak?.count ?? 0} of ${count} ${what} in a row`;
  const seen = outcomesWithin(quorum, streak?.failing ?? false, outcomes).length;
  return `${seen} of ${count} ${what} within ${of} runs`;
}

function slowness(after: WholeRecord, { policy }: ExplainInput): readonly string[] {
  return limitsOf(policy.slow).flatMap(([phase, limit]) => {
    const window = windowOf(after, phase);
    if (window.length === 0) return [];
    const isSlow = after.slow.includes(phase);
    const bound = isSlow
      ? `slow until ${showDuration(limit * CLEARED_AT)}`
      : `slow above ${showDuration(limit)}`;
    const what = phase === 'total' ? 'mean' : `mean ${phase.replace('_', ' ')}`;
    const runs = window.length === 1 ? 'the last run' : `the last ${window.length} runs`;
    return [`${what} of ${runs} is ${showDuration(meanOf(window))}, ${bound}`];
  });
}

function flips({ flips: ring, flapping }: WholeRecord, { policy }: ExplainInput): readonly string[] {
  if (ring === '' || policy.flapping === null) return [];
  const bound =
    flapping === null
      ? `it flaps from ${policy.flapping.high} % on`
      : `it flaps until ${policy.flapping.low} %`;
  return [`${Math.round(changing(ring))} % of the last 20 runs changed sides, ${bound}`];
}

function holds({ held, flapping }: WholeRecord, { hold, parents = [] }: ExplainInput): readonly string[] {
  const lines = parents.map(({ name, state }) => `parent ${name} is ${state.replace('_', ' ')}`);
  const until = hold?.until ?? null;
  if (hold) lines.push(`${causeOf(hold)}${until === null ? '' : `, until ${until}`}`);
  if (flapping !== null) lines.push(`flapping since ${flapping.since}`);
  return held === null && !hold ? [...lines, 'nothing holds it'] : lines;
}

function told({ told: flags, announced, incident, slow, other }: WholeRecord): readonly string[] {
  const lines: string[] = [];
  const reminders = incident?.reminders ?? 0;
  if (flags.down) {
    const last = announced === null ? '' : `, last at ${announced}`;
    lines.push(`announced down${last}${reminders > 0 ? `, ${reminders} reminders` : ''}`);
  }
  if (flags.slow && slow.length > 0) lines.push('announced slow');
  if (flags.other && other.length > 0) lines.push('announced degraded');
  return lines.length > 0 ? lines : ['nothing is announced'];
}
