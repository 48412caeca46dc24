import { isObject, type Json } from '../../words/json.ts';
import { parseAmount } from './amount.ts';
import type { Matcher, Subject, ValueKind } from './check.ts';
import { compare, parseComparison, OPERATOR_PHRASE, type Comparison } from './comparison.ts';
import { containsText, everyNumber, hasOrIs, negate, refuse } from './conditions.ts';
import { isList } from './equality.ts';
import { compileNamed } from './named-matchers.ts';
import { show } from './show.ts';

/** Compiles what stands behind a fact’s name; null when it is wrong, which the subject has been told then. */
export function compileMatcher(written: Json, subject: Subject): Matcher | null {
  if (isObject(written)) return compileNamed(written, subject, compileMatcher);
  if (isList(written)) return compileList(written, subject);
  if (subject.kind === 'records') {
    return refuse(
      subject,
      `saw ${show(written)}, expected {count: …}, {exists: …} or paths such as {"$[0].name": …}`,
    );
  }
  if (written === null) return compileNull(subject);
  const comparison = typeof written === 'string' ? parseComparison(written) : null;
  if (comparison !== null) {
    const matcher = compileComparison(comparison, subject);
    if (matcher !== 'literal') return matcher;
  }
  return compileScalar(written, subject);
}

function compileNull(subject: Subject): Matcher | null {
  if (subject.kind !== 'json')
    return refuse(
      subject,
      'saw nothing, expected a value; for a fact that must not be there write {exists: false}',
    );
  return { phrase: 'null', absent: false, holds: (value) => value === null };
}

function compileScalar(written: string | number | boolean, subject: Subject): Matcher | null {
  const { kind, unit } = subject;
  if (kind === 'bool' && typeof written !== 'boolean' && written !== 'true' && written !== 'false') {
    return refuse(subject, `saw ${show(written)}, expected true or false`);
  }
  if (kind === 'text') {
    return {
      phrase: `text containing ${show(written)}`,
      absent: false,
      holds: (value) => containsText(value, String(written)),
    };
  }
  if (kind !== 'number' && kind !== 'numbers') {
    return { phrase: among(kind, written), absent: false, holds: (value) => hasOrIs(value, written) };
  }
  const amount = parseAmount(written, unit);
  if (!amount.ok) return refuse(subject, amount.text + rangeHint(written));
  return { phrase: among(kind, written), absent: false, holds: (value) => hasOrIs(value, amount.value) };
}

function among(kind: ValueKind, written: Json): string {
  return kind === 'list' || kind === 'numbers' ? `${show(written)} among them` : show(written);
}

/** For people who write 200-299. */
function rangeHint(written: Json): string {
  const [, low, high] =
    typeof written === 'string' ? (/^(\d{1,15})(?:-|\.\.)(\d{1,15})$/.exec(written) ?? []) : [];
  return low === undefined || high === undefined ? '' : `; a range is {min: ${low}, max: ${high}}`;
}

/** A list: one of them for single values, a text that contains one of them, all of them for lists. */
function compileList(written: readonly Json[], subject: Subject): Matcher | null {
  if (written.length === 0)
    return refuse(subject, 'saw an empty list, expected at least one item; no items at all is {count: 0}');
  const items = written.map((item, index) =>
    compileMatcher(item, {
      ...subject,
      problem: (text, path = []) => subject.problem(text, [String(index), ...path]),
    }),
  );
  const matchers = items.filter((item) => item !== null);
  if (matchers.length < items.length) return null;
  const phrases = matchers.map((matcher) => matcher.phrase).join(', ');
  const many = subject.kind === 'list' || subject.kind === 'numbers';
  return {
    phrase: many ? `all of ${phrases}` : written.length === 1 ? phrases : `one of ${phrases}`,
    absent: false,
    holds: (value) =>
      isList(value)
        ? matchers.every((matcher) => matcher.holds(value))
        : matchers.some((matcher) => matcher.holds(value)),
  };
}

function compileComparison(comparison: Comparison, subject: Subject): Matcher | null | 'literal' {
  const { kind } = subject;
  const { operator, operand } = comparison;
  if (operator === '!=') return compileUnequal(operand, subject);
  if (kind === 'text' || kind === 'list') return 'literal';
  if (kind === 'word') {
    if (!/^[\d.]/.test(operand)) return 'literal';
    return refuse(
      subject,
      `saw ${show(operator + ' ' + operand)}, expected a word: only numbers are compared; if it is meant literally, write {equals: …}`,
    );
  }
  if (kind === 'bool')
    return refuse(subject, `saw ${show(operator + ' ' + operand)}, expected true or false`);
  const amount = parseAmount(operand, subject.unit);
  if (!amount.ok) return refuse(subject, amount.text);
  return {
    phrase: `${OPERATOR_PHRASE[operator]} ${operand}`,
    absent: false,
    holds: (value) => everyNumber(value, kind, (number) => compare(number, operator, amount.value)),
  };
}

function compileUnequal(operand: string, subject: Subject): Matcher | null {
  if (subject.kind === 'list' || subject.kind === 'numbers') {
    return refuse(
      subject,
      `saw ${show('!= ' + operand)}, which is for single values; expected {excludes: ${operand}} for a list`,
    );
  }
  const equal = compileScalar(operand, subject);
  return equal === null ? null : negate(equal);
}
