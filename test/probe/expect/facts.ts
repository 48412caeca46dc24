import type { FactTable, Facts } from '../../../lib/words/fact.ts';
import type { Json, JsonObject } from '../../../lib/words/json.ts';
import { compileExpectations } from '../../../lib/probe/expect/compile-expectations.ts';
import { judge } from '../../../lib/probe/expect/judge.ts';

/** One fact of each kind and unit. */
export const FACTS = {
  word: { kind: 'word', meaning: 'a word' },
  text: { kind: 'text', meaning: 'a text' },
  number: { kind: 'number', meaning: 'a number' },
  ms: { kind: 'number', unit: 'ms', meaning: 'milliseconds' },
  s: { kind: 'number', unit: 's', meaning: 'seconds' },
  days: { kind: 'number', unit: 'days', code: 'expiring', meaning: 'days' },
  percent: { kind: 'number', unit: 'percent', meaning: 'percent' },
  bytes: { kind: 'number', unit: 'bytes', meaning: 'bytes' },
  bool: { kind: 'bool', meaning: 'yes or no' },
  list: { kind: 'list', meaning: 'words' },
  numbers: { kind: 'numbers', meaning: 'numbers' },
  map: { kind: 'map', meaning: 'headers and the like' },
  json: { kind: 'json', meaning: 'a document' },
  records: { kind: 'records', meaning: 'maps' },
} as const satisfies FactTable;

export type FactName = keyof typeof FACTS;

export function reasonsFor(expect: JsonObject, facts: Facts) {
  const { checks, problems } = compileExpectations(expect, FACTS);
  if (problems.length > 0) throw new Error(problems.map((problem) => problem.text).join('; '));
  return judge({ expect: checks, prefer: [] }, facts);
}

export function holds(fact: FactName, seen: Json | undefined, matcher: Json): boolean {
  return reasonsFor({ [fact]: matcher }, { [fact]: seen }).length === 0;
}

export function problemsOf(section: JsonObject) {
  return compileExpectations(section, FACTS).problems;
}
