import type { Json } from '../../words/json.ts';
import type { Matcher, Subject } from './check.ts';
import { containsText, hasOrIs, negate, refuse } from './conditions.ts';
import { isList } from './equality.ts';
import { compilePattern } from './pattern.ts';
import { show } from './show.ts';

/** `contains`: every one of the parts; a text has it somewhere in it, a list as an item. */
export function compileContains(operand: Json, subject: Subject): Matcher | null {
  const parts = readParts(operand, subject);
  if (parts === null) return null;
  return {
    phrase: `something with ${parts.map((part) => show(part)).join(' and ')} in it`,
    absent: false,
    holds: (value) => parts.every((part) => hasPart(value, part)),
  };
}

/** `excludes`: none of the parts. */
export function compileExcludes(operand: Json, subject: Subject): Matcher | null {
  const parts = readParts(operand, subject);
  if (parts === null) return null;
  return {
    phrase: `something without ${parts.map((part) => show(part)).join(' and ')} in it`,
    absent: false,
    holds: (value) => !parts.some((part) => hasPart(value, part)),
  };
}

type Scalar = string | number | boolean;

function hasPart(value: Json, part: Scalar): boolean {
  return isList(value) ? hasOrIs(value, part) : containsText(value, String(part));
}

function readParts(operand: Json, subject: Subject): readonly Scalar[] | null {
  const written = isList(operand) ? operand : [operand];
  const parts = written.filter(
    (part) => typeof part === 'string' || typeof part === 'number' || typeof part === 'boolean',
  );
  if (parts.length === written.length && parts.length > 0) return parts;
  return refuse(subject, `saw ${show(operand)}, expected a text or a list of texts`);
}

/** `matches`: the pattern is found in the text, or in one item of the list. */
export function compileMatches(operand: Json, subject: Subject): Matcher | null {
  if (typeof operand !== 'string' && typeof operand !== 'number') {
    return refuse(subject, `saw ${show(operand)}, expected a regular expression`);
  }
  const compiled = compilePattern(String(operand));
  if (!compiled.ok) return refuse(subject, compiled.text);
  const { pattern } = compiled;
  const found = (value: Json): boolean => isText(value) && pattern.found(String(value));
  return {
    phrase: `a match of ${show(operand)}`,
    absent: false,
    holds: (value) => (isList(value) ? value.some(found) : found(value)),
  };
}

/** `not_matches`: it is found nowhere. */
export function compileNotMatches(operand: Json, subject: Subject): Matcher | null {
  const matcher = compileMatches(operand, subject);
  return matcher === null ? null : { ...negate(matcher), phrase: `no match of ${show(operand)}` };
}

function isText(value: Json): value is Scalar {
  return typeof value !== 'object';
}
