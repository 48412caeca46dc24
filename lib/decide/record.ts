import { isObject } from '../words/json.ts';
import type { ServiceRecord, WholeRecord } from '../words/record.ts';
import { STATUSES } from '../words/status.ts';

type Check = (value: unknown) => boolean;

const isString: Check = (value) => typeof value === 'string';
const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const isBoolean: Check = (value) => typeof value === 'boolean';
const isTime: Check = (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value));
const isNumberOrNull = orNull(isNumber);
const isFlips: Check = (value) => typeof value === 'string' && /^(1[01]{0,19})?$/.test(value);
const isPrevious = shape({ status: oneOf(STATUSES), since: isTime, time: isTime });
const HOLDS = ['maintenance', 'silence', 'dependency', 'isolation', 'flapping'];

const CHECKS: { readonly [K in keyof WholeRecord]: Check } = {
  service: isString,
  seq: isNumber,
  id: orNull(isString),
  status: oneOf(STATUSES),
  since: isTime,
  time: orNull(isTime),
  started: isTime,
  streak: orNull(shape({ failing: isBoolean, count: isNumber, since: isTime })),
  outcomes: orAbsent(listOf(shape({ failing: isBoolean, time: isTime }))),
  reason: orNull(shape({ code: isString, phase: isString, text: isString })),
  summary: isString,
  incident: orNull(
    shape({
      id: orNull(isString),
      started: isTime,
      ended: orNull(isTime),
      duration_s: isNumberOrNull,
      reminders: isNumber,
    }),
  ),
  announced: orAbsent(orNull(isTime)),
  held: orAbsent(orNull(shape({ kind: oneOf(HOLDS), cause: isString, since: isTime }))),
  owed: orAbsent(orNull(shape({ cause: isString, previous: orNull(isPrevious) }))),
  flips: orAbsent(isFlips),
  flapping: orAbsent(orNull(shape({ since: isTime }))),
  told: shape({ down: isBoolean, slow: isBoolean, other: isBoolean, degraded: isBoolean }),
  slow: listOf(isString),
  other: listOf(isString),
  window: listOf(isNumber),
  phases: orAbsent(mapOf(listOf(isNumber))),
  unknown: orNull(shape({ since: isTime, time: isTime, summary: isString })),
  baseline: mapOf(shape({ digest: orNull(isString) })),
  recent: shape({ letters: isString, durations: listOf(isNumberOrNull) }),
  files: listOf(isString),
  type: isString,
  target: orNull(isString),
  about: orNull(shape({ tags: listOf(isString), vars: mapOf(() => true) })),
  hooks: orNull(shape({ replace: isBoolean, run: mapOf(listOf(isString)) })),
  gone: orNull(isTime),
};

const CHECK_LIST = Object.entries(CHECKS);

/** A record read back from disk; null when it is not one, so that it can be set aside. Keys of later versions stay. */
export function readRecord(value: unknown): ServiceRecord | null {
  return isRecord(value) ? value : null;
}

function isRecord(value: unknown): value is ServiceRecord {
  return isObject(value) && CHECK_LIST.every(([key, check]) => check(value[key]));
}

function orAbsent(check: Check): Check {
  return (value) => value === undefined || check(value);
}

function orNull(check: Check): Check {
  return (value) => value === null || check(value);
}

function listOf(check: Check): Check {
  return (value) => Array.isArray(value) && value.every(check);
}

function mapOf(check: Check): Check {
  return (value) => isObject(value) && Object.values(value).every(check);
}

function shape(checks: { readonly [key: string]: Check }): Check {
  const list = Object.entries(checks);
  return (value) => isObject(value) && list.every(([key, check]) => check(value[key]));
}

function oneOf(words: readonly unknown[]): Check {
  return (value) => words.includes(value);
}
