import type { Json } from '../../words/json.ts';
import { parseAmount } from './amount.ts';
import type { Compile, Matcher, Subject } from './check.ts';
import { hasOrIs, refuse } from './conditions.ts';
import { isList, same } from './equality.ts';
import { show } from './show.ts';

/** `equals`: the whole value; a list whatever its order, exact both ways; a text but for line ends at its end. */
export function compileEquals(operand: Json, subject: Subject): Matcher | null {
  const { kind } = subject;
  const matcher = (wanted: Json): Matcher => ({
    phrase: show(operand),
    absent: false,
    holds: (value) => same(value, wanted),
  });
  if (kind === 'json') return matcher(operand);
  if (kind === 'list' || kind === 'numbers') {
    const items = readScalars(isList(operand) ? operand : [operand], subject, 'empty too');
    return items === null ? null : { ...matcher(items), phrase: `exactly ${show(items)}` };
  }
  if (kind === 'entry')
    return isList(operand) ? matcher(operand) : readScalars([operand], subject) && matcher(operand);
  const [wanted] = readScalars([operand], subject) ?? [];
  if (wanted === undefined) return null;
  if (kind !== 'text') return matcher(wanted);
  return {
    phrase: show(operand),
    absent: false,
    holds: (value) => typeof value === 'string' && bare(value) === bare(String(wanted)),
  };
}

function bare(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === '\n' || text[end - 1] === '\r')) end--;
  return text.slice(0, end);
}

/** `any_of`: at least one of these matchers. */
export function compileAnyOf(operand: Json, subject: Subject, compileMatcher: Compile): Matcher | null {
  if (!isList(operand) || operand.length === 0)
    return refuse(subject, `saw ${show(operand)}, expected a list`);
  const compiled = operand.map((item, index) =>
    compileMatcher(item, {
      ...subject,
      problem: (text, path = []) => subject.problem(text, [String(index), ...path]),
    }),
  );
  const matchers = compiled.filter((matcher) => matcher !== null);
  if (matchers.length < compiled.length) return null;
  // `{any_of: [up, {exists: false}]}`: up, where there is such a thing at all.
  const absent = matchers.some((matcher) => matcher.absent);
  const phrases = matchers.filter((matcher) => !matcher.absent).map((matcher) => matcher.phrase);
  const phrase = `${phrases.length > 1 ? 'any of ' : ''}${phrases.join(', ')}`;
  return {
    phrase: !absent ? phrase : phrases.length === 0 ? 'nothing' : `${phrase}, if any`,
    absent,
    holds: (value) => matchers.some((matcher) => matcher.holds(value)),
  };
}

/** `includes`: all of these are in the list. */
export function compileIncludes(operand: Json, subject: Subject): Matcher | null {
  const items = readScalars(isList(operand) ? operand : [operand], subject);
  if (items === null) return null;
  return {
    phrase: `a list with ${show(items)}`,
    absent: false,
    holds: (value) => isList(value) && items.every((item) => hasOrIs(value, item)),
  };
}

/** `only`: every item of the list is one of these, and there is at least one. */
export function compileOnly(operand: Json, subject: Subject): Matcher | null {
  const items = readScalars(isList(operand) ? operand : [operand], subject);
  if (items === null) return null;
  return {
    phrase: `nothing but ${show(items)}`,
    absent: false,
    holds: (value) =>
      isList(value) && value.length > 0 && value.every((seen) => items.some((item) => same(seen, item))),
  };
}

/** `count`: the number of items (or of keys of a map) meets this matcher. */
export function compileCount(operand: Json, subject: Subject, compileMatcher: Compile): Matcher | null {
  const matcher = compileMatcher(operand, { ...subject, kind: 'number', unit: undefined });
  if (matcher === null) return null;
  return {
    phrase: `${matcher.phrase} items`,
    absent: false,
    holds: (value) => {
      if (isList(value)) return matcher.holds(value.length);
      return typeof value === 'object' && value !== null && matcher.holds(Object.keys(value).length);
    },
  };
}

type Scalar = string | number | boolean;

/** Items of a list, in the fact’s unit where it has one. */
function readScalars(
  written: readonly Json[],
  subject: Subject,
  empty = 'not empty',
): readonly Scalar[] | null {
  const { kind, unit } = subject;
  const items: Scalar[] = [];
  for (const item of written) {
    if (typeof item === 'object') return refuse(subject, `saw ${show(item)}, expected a plain value`);
    if (kind === 'bool' && item !== true && item !== false && item !== 'true' && item !== 'false') {
      return refuse(subject, `saw ${show(item)}, expected true or false`);
    }
    const amount = kind === 'number' || kind === 'numbers' ? parseAmount(item, unit) : null;
    if (amount?.ok === false) return refuse(subject, amount.text);
    items.push(amount === null ? item : amount.value);
  }
  if (items.length === 0 && empty === 'not empty')
    return refuse(subject, 'saw an empty list, expected at least one item');
  return items;
}
