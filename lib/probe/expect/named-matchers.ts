import { didYouMean } from '../../words/did-you-mean.ts';
import type { Json } from '../../words/json.ts';
import type { Compile, Matcher, Subject, ValueKind } from './check.ts';
import { negate, refuse } from './conditions.ts';
import { compileAnyOf, compileCount, compileEquals, compileIncludes, compileOnly } from './list-matchers.ts';
import { compileBound, compileExists, compileRange, compileWithin } from './value-matchers.ts';
import { compileContains, compileExcludes, compileMatches, compileNotMatches } from './text-matchers.ts';
import { show } from './show.ts';

/** Compiles `{min: 200, max: 299}`: all keys must hold. `compileMatcher` compiles what stands inside `not` and `any_of`. */
export function compileNamed(
  written: { readonly [name: string]: Json },
  subject: Subject,
  compileMatcher: Compile,
): Matcher | null {
  const names = Object.keys(written);
  if (names.length === 0) return refuse(subject, `saw an empty map, expected ${listed(subject.kind)}`);
  const compiled = names.map((name) => compileOne(name, written[name] ?? null, subject, compileMatcher));
  const matchers = compiled.filter((matcher) => matcher !== null);
  if (matchers.length < compiled.length) return null;
  const [first] = matchers;
  if (first !== undefined && matchers.length === 1) return first;
  return {
    phrase: rangePhrase(written) ?? matchers.map((matcher) => matcher.phrase).join(' and '),
    absent: false,
    holds: (value) => matchers.every((matcher) => matcher.holds(value)),
  };
}

function compileOne(name: string, operand: Json, subject: Subject, compileMatcher: Compile): Matcher | null {
  const within: Subject = {
    ...subject,
    problem: (text, path = []) => subject.problem(text, [name, ...path]),
  };
  const named: Named | undefined = isName(name) ? NAMED[name] : undefined;
  if (named === undefined) {
    return refuse(
      within,
      `no such matcher, expected ${listed(subject.kind)}${didYouMean(name, matcherNames(subject.kind))}`,
    );
  }
  if (!named.kinds.includes(subject.kind)) {
    return refuse(
      within,
      `${name} is not for ${KIND_PHRASE[subject.kind]}, expected ${listed(subject.kind)}`,
    );
  }
  return named.compile(operand, within, compileMatcher);
}

function rangePhrase(written: { readonly [name: string]: Json }): string | null {
  const { min, max, ...rest } = written;
  if (min === undefined || max === undefined || Object.keys(rest).length > 0) return null;
  return `${show(min)} to ${show(max)}`;
}

interface Named {
  readonly kinds: readonly ValueKind[];
  compile(operand: Json, subject: Subject, compileMatcher: Compile): Matcher | null;
}

const SINGLE: readonly ValueKind[] = ['word', 'text', 'number', 'bool', 'entry', 'json'];
const STRINGS: readonly ValueKind[] = ['word', 'text', 'list', 'entry', 'json'];
const LISTS: readonly ValueKind[] = ['list', 'numbers', 'entry', 'json'];
const COUNTED: readonly ValueKind[] = ['list', 'numbers', 'records', 'entry', 'json'];
const NUMBERS: readonly ValueKind[] = ['number', 'numbers', 'entry', 'json'];
const PLAIN: readonly ValueKind[] = [...SINGLE, 'list', 'numbers'];
const EVERY: readonly ValueKind[] = [...PLAIN, 'records'];

/** All named matchers, and for which kinds of facts they are. */
const NAMED = {
  equals: { kinds: PLAIN, compile: compileEquals },
  not: {
    kinds: PLAIN,
    compile: (operand, subject, compileMatcher) => {
      const matcher = compileMatcher(operand, subject);
      return matcher === null ? null : negate(matcher);
    },
  },
  contains: { kinds: [...STRINGS, 'numbers'], compile: compileContains },
  excludes: { kinds: [...STRINGS, 'numbers'], compile: compileExcludes },
  matches: { kinds: STRINGS, compile: compileMatches },
  not_matches: { kinds: STRINGS, compile: compileNotMatches },
  any_of: { kinds: PLAIN, compile: compileAnyOf },
  includes: { kinds: LISTS, compile: compileIncludes },
  only: { kinds: LISTS, compile: compileOnly },
  count: { kinds: COUNTED, compile: compileCount },
  min: { kinds: NUMBERS, compile: (operand, subject) => compileBound(operand, subject, 'at least') },
  max: { kinds: NUMBERS, compile: (operand, subject) => compileBound(operand, subject, 'at most') },
  range: { kinds: NUMBERS, compile: compileRange },
  within: { kinds: ['word', 'list', 'entry', 'json'], compile: compileWithin },
  exists: { kinds: EVERY, compile: compileExists },
} as const satisfies Record<string, Named>;

function isName(name: string): name is keyof typeof NAMED {
  return Object.hasOwn(NAMED, name);
}

/** The matchers that a kind of value takes: for messages and the schema. */
export function matcherNames(kind: ValueKind): string[] {
  const table: Record<string, Named> = NAMED;
  return Object.keys(table).filter((name) => table[name]?.kinds.includes(kind));
}

function listed(kind: ValueKind): string {
  return `one of ${matcherNames(kind).join(', ')}`;
}

const KIND_PHRASE: Readonly<Record<ValueKind, string>> = {
  word: 'a word',
  text: 'a text',
  number: 'a number',
  bool: 'a yes or no',
  list: 'a list',
  numbers: 'a list of numbers',
  records: 'a list of maps',
  json: 'JSON',
  entry: 'an entry of a map',
};
