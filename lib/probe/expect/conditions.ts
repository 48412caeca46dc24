import { type Json } from '../../words/json.ts';
import { parseNumber } from './amount.ts';
import type { Matcher, Subject, ValueKind } from './check.ts';
import { isList, same } from './equality.ts';

/** Holds when the other does not. The value is there in either case. */
export function negate(matcher: Matcher): Matcher {
  return { phrase: `anything but ${matcher.phrase}`, absent: false, holds: (value) => !matcher.holds(value) };
}

/** The value is it, or a list that has it. */
export function hasOrIs(value: Json, wanted: string | number | boolean): boolean {
  return isList(value) ? value.some((item) => same(item, wanted)) : same(value, wanted);
}

/** A text that has it within its first 1 MiB. */
export function containsText(value: Json, wanted: string): boolean {
  return typeof value === 'string' && value.slice(0, 2 ** 20).includes(wanted);
}

/** A number, or every one of a list of numbers; in maps such as headers also a number written as text. */
export function everyNumber(value: Json, kind: ValueKind, test: (number: number) => boolean): boolean {
  if (isList(value))
    return value.length > 0 && value.every((item) => !isList(item) && everyNumber(item, kind, test));
  const number = typeof value === 'string' && kind === 'entry' ? parseNumber(value) : value;
  return typeof number === 'number' && test(number);
}

/** Tells the subject of a mistake; there is no matcher then. */
export function refuse(subject: Subject, text: string): null {
  subject.problem(text);
  return null;
}
