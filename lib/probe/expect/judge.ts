import type { Facts } from '../../words/fact.ts';
import type { Json } from '../../words/json.ts';
import { isObject } from '../../words/json.ts';
import type { Reason } from '../../words/reason.ts';
import type { Check } from './check.ts';
import { boundedValue, show } from './show.ts';

/** Both sections of a service, compiled. */
export interface Sections {
  readonly expect: readonly Check[];
  readonly prefer: readonly Check[];
}

/** Every expectation that the facts do not meet: first those that make it down, then those that make it degraded. */
export function judge({ expect, prefer }: Sections, facts: Facts): Reason[] {
  return [
    ...expect.flatMap((check) => judgeOne(check, facts, 'down')),
    ...prefer.flatMap((check) => judgeOne(check, facts, 'degraded')),
  ];
}

function judgeOne(check: Check, facts: Facts, status: 'down' | 'degraded'): Reason[] {
  const { fact, expected, matcher, codes, when = [] } = check;
  if (isMet(check, facts) || !when.every((condition) => isMet(condition, facts))) return [];
  const seen = seenBy(check, facts);
  const code =
    (typeof seen === 'string' || typeof seen === 'number' ? codes?.[String(seen)] : undefined) ?? check.code;
  const text = `${labelOf(check)} is ${seen === undefined ? 'missing' : showSeen(seen)}, expected ${matcher.phrase}`;
  return [
    {
      status,
      code,
      phase: 'expect',
      text,
      expected,
      got: seen === undefined ? null : boundedValue(seen),
      fact,
    },
  ];
}

/** The fact, and which part of it: `headers content-type`. */
export function labelOf({ fact, part }: Check): string {
  switch (part.kind) {
    case 'whole':
      return fact;
    case 'key':
      return `${fact} ${part.key}`;
    case 'path':
      return `${fact} ${part.path.source}`;
  }
}

/** Whether an expectation holds, whatever its `when` says. */
export function isMet(check: Check, facts: Facts): boolean {
  const seen = seenBy(check, facts);
  return seen === undefined ? check.matcher.absent : check.matcher.holds(seen);
}

/** The value that an expectation is about; undefined when it was not seen. */
export function seenBy(check: Check, facts: Facts): Json | undefined {
  return select(check, Object.hasOwn(facts, check.fact) ? facts[check.fact] : undefined);
}

function showSeen(seen: Json): string {
  return seen === null ? 'null' : show(seen);
}

/** The part of the fact that the check is about; undefined when it is missing. */
function select({ part }: Check, value: Json | undefined): Json | undefined {
  if (value === undefined || value === null) return undefined;
  switch (part.kind) {
    case 'whole':
      return value;
    case 'key':
      return isObject(value) ? (entry(value, part.key) ?? undefined) : undefined;
    case 'path':
      return part.path.select(value);
  }
}

/** The very key, else one that differs in upper and lower case only: names of headers have none. */
function entry(map: { readonly [key: string]: Json }, key: string): Json | undefined {
  if (Object.hasOwn(map, key)) return map[key];
  const found = Object.keys(map).find((name) => name.toLowerCase() === key.toLowerCase());
  return found === undefined ? undefined : map[found];
}
