import { didYouMean } from '../../words/did-you-mean.ts';
import type { FactSpec, FactTable } from '../../words/fact.ts';
import { isObject, type Json, type JsonObject } from '../../words/json.ts';
import type { Check, ExpectProblem, Matcher, Part, Subject, ValueKind } from './check.ts';
import { compileJsonPath } from './json-path.ts';
import { compileMatcher } from './matcher.ts';
import { show } from './show.ts';

/** What an `expect` or `prefer` section comes to. With problems, `checks` holds the rest. */
export interface Expectations {
  readonly checks: readonly Check[];
  readonly problems: readonly ExpectProblem[];
}

/**
 * Compiles a section against the facts that the prober declares: every matcher checked for the fact’s kind and unit,
 * every pattern and path compiled. Pure. Source: docs/config, “expect and prefer”.
 */
export function compileExpectations(section: JsonObject, facts: FactTable): Expectations {
  const checks: Check[] = [];
  const problems: ExpectProblem[] = [];
  for (const [fact, written] of Object.entries(section)) {
    const spec = Object.hasOwn(facts, fact) ? facts[fact] : undefined;
    if (spec === undefined) problems.push({ path: [fact], text: unknownFact(fact, facts) });
    else checks.push(...compileConditional(fact, written, spec, facts, problems));
  }
  return { checks, problems };
}

function unknownFact(fact: string, facts: FactTable): string {
  const names = Object.keys(facts);
  return `no such fact here, expected one of ${names.join(', ')}${didYouMean(fact, names)}`;
}

/** `{count: '>= 1', when: {rcode: NOERROR}}`: what a prober expects of one fact only where another is so. */
function compileConditional(
  fact: string,
  written: Json,
  spec: FactSpec,
  facts: FactTable,
  problems: ExpectProblem[],
): Check[] {
  const conditional =
    spec.kind !== 'map' && spec.kind !== 'json' && isObject(written) && isObject(written.when);
  if (!conditional) return compileFact(fact, written, spec, problems);
  const { when, ...matcher } = written;
  const conditions = compileExpectations(when as JsonObject, facts);
  problems.push(...conditions.problems.map(({ path, text }) => ({ path: [fact, 'when', ...path], text })));
  return compileFact(fact, matcher, spec, problems).map((check) => ({ ...check, when: conditions.checks }));
}

function compileFact(fact: string, written: Json, spec: FactSpec, problems: ExpectProblem[]): Check[] {
  const make = (part: Part, kind: ValueKind, expected: Json, inside: readonly string[]): Check[] => {
    const subject: Subject = {
      kind,
      unit: spec.unit,
      problem: (text, path = []) => problems.push({ path: [fact, ...inside, ...path], text }),
    };
    const matcher: Matcher | null = compileMatcher(expected, subject);
    return matcher === null ? [] : [{ fact, part, expected, matcher, ...codesOf(spec) }];
  };
  const refuse = (text: string, inside: readonly string[] = []): [] => {
    problems.push({ path: [fact, ...inside], text });
    return [];
  };

  if (spec.kind === 'map') {
    if (!isObject(written) || Object.keys(written).length === 0) {
      return refuse(`saw ${show(written)}, expected a map such as {name: value}`);
    }
    return entries(written).flatMap(([key, expected]) =>
      make({ kind: 'key', key }, 'entry', expected, [key]),
    );
  }
  if (hasPaths(written, spec)) {
    return entries(written).flatMap(([source, expected]) => {
      const compiled = compileJsonPath(source);
      if (!compiled.ok) return refuse(compiled.text, [source]);
      return make({ kind: 'path', path: compiled.path }, 'json', expected, [source]);
    });
  }
  return make({ kind: 'whole' }, spec.kind, written, []);
}

function codesOf({ code = 'assertion', codes }: FactSpec): Pick<Check, 'code' | 'codes'> {
  return codes === undefined ? { code } : { code, codes };
}

/** Whether it is a map from JSONPaths to matchers; without any `$` key it is a matcher for the whole document. */
function hasPaths(written: Json, spec: FactSpec): written is { readonly [path: string]: Json } {
  if (spec.kind !== 'json' && spec.kind !== 'records') return false;
  return isObject(written) && Object.keys(written).some((key) => key.startsWith('$'));
}

function entries(map: { readonly [key: string]: Json }): [string, Json][] {
  return Object.entries(map);
}
