import type { Facts } from '../../words/fact.ts';
import type { Json } from '../../words/json.ts';
import type { Check } from './check.ts';
import { isMet, labelOf, type Sections, seenBy } from './judge.ts';
import { boundedValue } from './show.ts';

/** One expectation told in full, whether it holds or not. */
export interface Assessment {
  readonly section: 'expect' | 'prefer';
  /** `status`, `headers content-type`, `json $.queue` */
  readonly fact: string;
  /** completes “expected …” */
  readonly expected: string;
  /** bounded; null when the fact was not seen */
  readonly got: Json;
  /** `not_seen`: the probe broke off before; `does_not_apply`: it counts only where another fact is so */
  readonly outcome: 'holds' | 'unmet' | 'not_seen' | 'does_not_apply';
}

/** Every expectation, in the order in which they are judged. `incomplete`: the probe broke off. */
export function assess(
  { expect, prefer }: Sections,
  facts: Facts,
  incomplete: boolean,
): readonly Assessment[] {
  const section = (name: Assessment['section']) => (check: Check) => ({
    section: name,
    ...assessOne(check, facts, incomplete),
  });
  return [...expect.map(section('expect')), ...prefer.map(section('prefer'))];
}

function assessOne(check: Check, facts: Facts, incomplete: boolean): Omit<Assessment, 'section'> {
  const { when = [], matcher } = check;
  const seen = seenBy(check, facts);
  const got = seen === undefined ? null : boundedValue(seen);
  const about = { fact: labelOf(check), expected: matcher.phrase, got };
  if (incomplete && (facts[check.fact] ?? null) === null) return { ...about, outcome: 'not_seen' };
  if (!when.every((condition) => isMet(condition, facts))) return { ...about, outcome: 'does_not_apply' };
  return { ...about, outcome: isMet(check, facts) ? 'holds' : 'unmet' };
}
