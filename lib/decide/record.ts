import { isObject } from '../words/json.ts';
import { RECENT_MAX, STATUS_LETTER, type ServiceRecord } from '../words/record.ts';
import type { Result } from '../words/result.ts';
import type { ServiceHooks } from '../words/service.ts';
import { STATUSES } from '../words/status.ts';

type Who = Pick<
  ServiceRecord,
  'service' | 'files' | 'type' | 'target' | 'about' | 'hooks' | 'started' | 'gone'
>;

/** What a record keeps of the service itself, so that an event can still be made when the config has lost it. */
export function whoOf(input: {
  readonly result: Result;
  readonly hooks: ServiceHooks;
  readonly files: readonly string[];
}): Who {
  const { result, hooks, files } = input;
  return {
    service: result.service,
    files,
    type: result.type,
    target: result.target,
    about: aboutOf(result),
    hooks:
      hooks.replace || Object.keys(hooks.run).length > 0 ? { replace: hooks.replace, run: hooks.run } : null,
    started: result.started,
    gone: null,
  };
}

function aboutOf({ description, group, tags, vars, runbook, hint }: Result): ServiceRecord['about'] {
  const says = [description, group, runbook, hint].some((text) => text !== null) || tags.length > 0;
  return says || Object.keys(vars).length > 0 ? { description, group, tags, vars, runbook, hint } : null;
}

/** With this result as the newest of the recent ones. */
export function withRecent(record: ServiceRecord, { status, duration_ms }: Result): ServiceRecord {
  const { letters, durations } = record.recent;
  const duration = duration_ms === null ? null : Math.round(duration_ms * 10) / 10;
  const recent = {
    letters: (letters + STATUS_LETTER[status]).slice(-RECENT_MAX),
    durations: [...durations, duration].slice(-RECENT_MAX),
  };
  return { ...record, recent };
}

/** The memory of a service that was never seen before `time`. */
export function blankRecord(who: Who, time: string): ServiceRecord {
  return {
    service: who.service,
    seq: 0,
    id: null,
    status: 'unknown',
    since: time,
    time: null,
    started: who.started,
    streak: null,
    reason: null,
    summary: '',
    incident: null,
    told: { down: false, slow: false, other: false, degraded: false },
    slow: [],
    other: [],
    window: [],
    unknown: null,
    baseline: {},
    recent: { letters: '', durations: [] },
    files: who.files,
    type: who.type,
    target: who.target,
    about: who.about,
    hooks: who.hooks,
    gone: who.gone,
  };
}

type Check = (value: unknown) => boolean;

const isString: Check = (value) => typeof value === 'string';
const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const isBoolean: Check = (value) => typeof value === 'boolean';
const isTime: Check = (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value));
const isNumberOrNull = orNull(isNumber);

const CHECKS: { readonly [K in keyof ServiceRecord]: Check } = {
  service: isString,
  seq: isNumber,
  id: orNull(isString),
  status: oneOf(STATUSES),
  since: isTime,
  time: orNull(isTime),
  started: isTime,
  streak: orNull(shape({ failing: isBoolean, count: isNumber, since: isTime })),
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
  told: shape({ down: isBoolean, slow: isBoolean, other: isBoolean, degraded: isBoolean }),
  slow: listOf(isString),
  other: listOf(isString),
  window: listOf(isNumber),
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
