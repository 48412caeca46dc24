import { decide, type Decision } from '../../lib/decide/decide.ts';
import type { Draft } from '../../lib/words/draft.ts';
import type { Json } from '../../lib/words/json.ts';
import type { Reason } from '../../lib/words/reason.ts';
import type { ServiceRecord } from '../../lib/words/record.ts';
import type { Result } from '../../lib/words/result.ts';
import { DEFAULT_POLICY, type Policy, type Quorum } from '../../lib/words/policy.ts';

export const POLICY: Policy = { ...DEFAULT_POLICY, slow: { total: 500 }, slow_window: 1, watch: ['answer'] };

/** A policy as one would write it: `3` is three in a row, `3/5` three of the last five. */
export type Written = Partial<Omit<Policy, 'down_after' | 'up_after'>> & {
  readonly down_after?: number | string;
  readonly up_after?: number | string;
};

export function policyOf({ down_after = 1, up_after = 1, ...rest }: Written = {}): Policy {
  return { ...POLICY, ...rest, down_after: quorumOf(down_after), up_after: quorumOf(up_after) };
}

function quorumOf(written: number | string): Quorum {
  const [count = 1, of = count] = String(written).split('/').map(Number);
  return { count, of };
}

export const NO_HOOKS = { replace: false, run: {} };
export const FILES = ['/etc/puptime/puptime.yaml'];

export function reason(over: Partial<Reason> = {}): Reason {
  const fault = { status: 'down', code: 'refused', phase: 'connect', text: 'connection refused' } as const;
  return { ...fault, expected: null, got: null, fact: null, ...over };
}

/** A result at minute `minute` of 12 o'clock. */
export function result(minute: number, over: Partial<Result> = {}): Result {
  const time = new Date(Date.UTC(2026, 10, 21, 12, minute)).toISOString();
  return {
    schema: 'puptime.result.v1',
    service: 'cache',
    status: 'up',
    summary: 'answered in 100 ms',
    reason: null,
    reasons: [],
    time,
    started: time,
    type: 'redis',
    target: 'redis://cache:6379',
    address: '192.0.2.7',
    family: 4,
    addresses: [],
    duration_ms: 100,
    timings: { resolve_ms: null, connect_ms: 60, tls_ms: null, first_byte_ms: 40, transfer_ms: null },
    facts: {},
    metrics: {},
    output: null,
    truncated: false,
    attempts: [],
    description: null,
    group: null,
    tags: [],
    vars: {},
    runbook: null,
    hint: null,
    run: { id: 'r1', host: 'monitor', config: null },
    test: false,
    watched: null,
    ...over,
  };
}

/** U up, S up but slow, W degraded (worth a look), B both, D down, ? unknown; a digit is up with that watched value. */
export function fromLetter(letter: string, minute: number): Result {
  switch (letter) {
    case 'U':
      return result(minute);
    case 'S':
      return result(minute, { duration_ms: 1000 });
    case 'W':
      return result(minute, degraded(100));
    case 'B':
      return result(minute, degraded(1000));
    case 'D':
      return result(minute, {
        status: 'down',
        reason: reason(),
        reasons: [reason()],
        summary: 'refused (refused)',
      });
    case '?':
      return result(minute, cannotTell());
    default:
      return result(minute, { watched: { answer: letter } });
  }
}

function degraded(duration_ms: number): Partial<Result> {
  const why = reason({ status: 'degraded', code: 'expiring', phase: 'expect', fact: 'cert_days' });
  return { status: 'degraded', reason: why, reasons: [why], duration_ms };
}

function cannotTell(): Partial<Result> {
  const why = reason({ status: 'unknown', code: 'permission', phase: 'connect' });
  return { status: 'unknown', reason: why, reasons: [why], duration_ms: null };
}

export interface Told {
  readonly decisions: readonly Decision[];
  readonly drafts: readonly Draft[];
  readonly record: ServiceRecord;
}

/** Decides results one after the other, each with the memory that the one before left. */
export function live(
  results: readonly Result[],
  policy: Written = {},
  from: ServiceRecord | null = null,
): Told {
  const decisions: Decision[] = [];
  for (const each of results) {
    const before = decisions.at(-1)?.record ?? from;
    decisions.push(decide({ result: each, before, policy: policyOf(policy), hooks: NO_HOOKS, files: FILES }));
  }
  const record = decisions.at(-1)?.record;
  if (record === undefined) throw new Error('a story needs at least one result');
  return { decisions, drafts: decisions.flatMap(({ drafts }) => drafts), record };
}

export function fromLetters(letters: string): readonly Result[] {
  return Array.from(letters, fromLetter);
}

/** `UUD` → `first · down`: one word for each result, `·` for nothing, `+` between several. */
export function hooksOf(letters: string, policy: Written = {}): string {
  const { decisions } = live(fromLetters(letters), policy);
  return decisions.map(({ drafts }) => drafts.map(({ event }) => event).join('+') || '·').join(' ');
}

/** Results with the watched fact `answer`; null is a failed probe. */
export function answers(...values: readonly (Json | undefined)[]): readonly Result[] {
  return values.map((answer, minute) =>
    answer === undefined ? fromLetter('D', minute) : result(minute, { watched: { answer } }),
  );
}
