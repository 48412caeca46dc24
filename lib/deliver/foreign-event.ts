import type { Json } from '../words/json.ts';
import { isObject } from '../words/json.ts';
import { EVENT_KINDS, type Event } from '../words/event.ts';
import { CODES, PHASES } from '../words/reason.ts';
import { safeLine } from '../words/safe-text.ts';
import { STATUSES } from '../words/status.ts';

/** Of one line of JSON. */
const MOST_BYTES = 1 << 20;

export type ForeignEvent =
  | { readonly kind: 'event'; readonly event: Event }
  /** one line: which field, what was seen, what was expected */
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * An event as another puptime printed it, every field checked and bounded. Fields that are not known here are left
 * out; those that a first version of the format may lack are filled in as missing.
 */
export function parseForeignEvent(line: string): ForeignEvent {
  if (line.length > MOST_BYTES)
    return refused(`it has ${line.length} characters, expected at most ${MOST_BYTES}`);
  const value = parseJson(line);
  if (!isObject(value)) return refused('it is not a JSON object');
  if (value.schema !== 'puptime.event.v1') {
    return refused(`schema is ${shown(value.schema)}, expected "puptime.event.v1"`);
  }
  const whole: Record<string, unknown> = { ...DEFAULTS, ...value };
  for (const [name, check] of Object.entries(FIELDS)) {
    if (!check.holds(whole[name])) {
      return refused(`${name} is ${shown(whole[name])}, expected ${check.expected}`);
    }
  }
  const fields = Object.fromEntries(Object.keys(FIELDS).map((name) => [name, whole[name]]));
  const event = { ...fields, summary: safeLine(String(fields.summary), 500) } as unknown as Event;
  return { kind: 'event', event };
}

interface Check {
  readonly expected: string;
  readonly holds: (value: unknown) => boolean;
}

const check = (expected: string, holds: Check['holds']): Check => ({ expected, holds });
const orNull = ({ expected, holds }: Check) =>
  check(`${expected} or null`, (value) => value === null || holds(value));
const text = (max: number) =>
  check(`a text of at most ${max} characters`, (value) => typeof value === 'string' && value.length <= max);
const oneOf = (words: readonly string[]) =>
  check(`one of ${words.join(', ')}`, (value) => typeof value === 'string' && words.includes(value));
const listOf = (max: number, item: Check) =>
  check(`a list of at most ${max}, each ${item.expected}`, (value) => {
    return Array.isArray(value) && value.length <= max && value.every(item.holds);
  });
const mapOf = (fields: { readonly [name: string]: Check }): Check => {
  const parts = Object.entries(fields).map(([name, { expected }]) => `${name}: ${expected}`);
  return check(`a map {${parts.join(', ')}}`, (value) => {
    return isObject(value) && Object.entries(fields).every(([name, field]) => field.holds(value[name]));
  });
};

const TIME = check('a time as in 2026-11-21T12:00:00.123Z', (value) => {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(value);
});
const ID = check('8 to 64 letters, digits, - and _', (value) => {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{8,64}$/.test(value);
});
const NAME = check('a name of letters, digits and . _ - / :', (value) => {
  return typeof value === 'string' && /^(?!\.)(?!.*\.\.)[\p{L}\p{N}._/:-]{1,200}$/u.test(value);
});
const NUMBER = check('a number of at least 0', (value) => {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
});
const BOOLEAN = check('true or false', (value) => typeof value === 'boolean');
const FAMILY = check('4 or 6', (value) => value === 4 || value === 6);
const STATUS = oneOf(STATUSES);
const ANY = check('JSON', () => true);
const PLAIN_MAP = check('a map', isObject);
const REASON = mapOf({
  status: oneOf(['down', 'degraded', 'unknown']),
  code: oneOf(Object.keys(CODES)),
  phase: oneOf(PHASES),
  text: text(4096),
  fact: orNull(text(200)),
});
const MS = orNull(NUMBER);
const TIMINGS = mapOf({ resolve_ms: MS, connect_ms: MS, tls_ms: MS, first_byte_ms: MS, transfer_ms: MS });
const PAST = { status: STATUS, reason: orNull(REASON), duration_ms: NUMBER };
const INCIDENT = mapOf({
  id: ID,
  started: TIME,
  ended: orNull(TIME),
  duration_s: MS,
  reminders: NUMBER,
});

const FIELDS: { readonly [name in keyof Event]: Check } = {
  schema: text(40),
  id: ID,
  event: oneOf(EVENT_KINDS),
  cause: orNull(text(500)),
  service: NAME,
  status: STATUS,
  summary: text(4096),
  reason: orNull(REASON),
  reasons: listOf(100, REASON),
  time: TIME,
  type: text(40),
  target: orNull(text(4096)),
  address: orNull(text(200)),
  family: orNull(FAMILY),
  addresses: listOf(1000, mapOf({ address: text(200), family: FAMILY, ...PAST })),
  duration_ms: MS,
  timings: TIMINGS,
  facts: PLAIN_MAP,
  metrics: PLAIN_MAP,
  output: orNull(text(MOST_BYTES)),
  truncated: BOOLEAN,
  attempts: listOf(1000, mapOf({ time: TIME, ...PAST })),
  description: orNull(text(4096)),
  group: orNull(text(200)),
  tags: listOf(100, text(200)),
  vars: PLAIN_MAP,
  runbook: orNull(text(4096)),
  hint: orNull(text(4096)),
  run: mapOf({ id: text(100), host: text(300), config: orNull(text(200)) }),
  test: BOOLEAN,
  previous: orNull(mapOf({ status: STATUS, since: TIME, time: TIME })),
  since: TIME,
  failures: NUMBER,
  incident: orNull(INCIDENT),
  change: orNull(mapOf({ fact: text(200), before: ANY, after: ANY, diff: text(MOST_BYTES) })),
  results_file: orNull(text(4096)),
  delivery: orNull(mapOf({ hook: text(100), attempt: NUMBER })),
};

const DEFAULTS: { readonly [name: string]: Json } = {
  cause: null,
  addresses: [],
  truncated: false,
  description: null,
  hint: null,
  results_file: null,
  delivery: null,
};

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function refused(reason: string): ForeignEvent {
  return { kind: 'refused', reason };
}

function shown(value: unknown): string {
  return value === undefined ? 'missing' : safeLine(JSON.stringify(value), 80);
}
