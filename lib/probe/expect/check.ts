import type { Json } from '../../words/json.ts';
import type { FactKind, Unit } from '../../words/fact.ts';
import type { Code } from '../../words/reason.ts';
import type { JsonPath } from './json-path.ts';

/** One expectation on one fact, ready to be judged any number of times. */
export interface Check {
  readonly fact: string;
  /** which part of the fact */
  readonly part: Part;
  /** as the config has it, for `reasons[].expected` */
  readonly expected: Json;
  readonly matcher: Matcher;
  /** the reason’s code when it is not met */
  readonly code: Code;
  /** codes that go before it, by the value seen */
  readonly codes?: { readonly [seen: string]: Code };
  /** it counts only where these hold too */
  readonly when?: readonly Check[];
}

export type Part =
  | { readonly kind: 'whole' }
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'path'; readonly path: JsonPath };

/** What a value is held against. */
export interface Matcher {
  /** completes “expected …”: `200 to 299`, `text containing ok` */
  readonly phrase: string;
  /** true for `{exists: false}` alone: the one that a missing fact meets */
  readonly absent: boolean;
  /** the value is never a missing one; null only inside JSON */
  holds(value: Json): boolean;
}

/** Kinds of values. What is inside JSON or an entry of a map may be of any type, known only when it is seen. */
export type ValueKind = Exclude<FactKind, 'map'> | 'entry';

/** What compiling a matcher needs to know of its fact. */
export interface Subject {
  readonly kind: ValueKind;
  readonly unit: Unit | undefined;
  /** takes a mistake; `path` leads from the fact’s matcher to it */
  problem(text: string, path?: readonly string[]): void;
}

/** Compiles what stands behind a fact or inside another matcher; null when it is wrong, which the subject was told. */
export type Compile = (written: Json, subject: Subject) => Matcher | null;

/** A mistake in an `expect` or `prefer` section. `path` leads from the section to it: `["json", "$.queue", "min"]`. */
export interface ExpectProblem {
  readonly path: string[];
  readonly text: string;
}
