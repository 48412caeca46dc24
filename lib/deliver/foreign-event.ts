import { EVENT_KINDS, type Change, type Event, type Incident } from '../words/event.ts';
import { FOREIGN_BODY } from '../words/foreign-body.ts';
import {
  AMOUNT,
  type Fields,
  SAFE_JSON,
  TIME,
  line,
  mapOf,
  oneOf,
  orNull,
  prose,
  readFields,
  showForeign,
  textLike,
  withAbsent,
} from '../words/foreign-fields.ts';
import { parseForeignJson } from '../words/foreign-json.ts';
import { isObject } from '../words/json.ts';
import { STATUSES } from '../words/status.ts';

/** Of one line of JSON, in characters. */
const LONGEST = 1 << 20;
const DIFF_MAX = 65_536;
const SCHEMA = 'puptime.event.v1';

export type ForeignEvent =
  | { readonly kind: 'event'; readonly event: Event }
  /** one line: which field, what was seen, what was expected */
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * An event as another puptime printed it, every field checked, bounded and made safe. Fields that are not known here are
 * left out; those that a first version of the format may lack are filled in as missing.
 */
export function parseForeignEvent(text: string): ForeignEvent {
  if (text.length > LONGEST) return refused(`it has ${text.length} characters, expected at most ${LONGEST}`);
  const value = parseForeignJson(text);
  if (!isObject(value)) return refused('it is not a JSON object');
  if (value.schema !== SCHEMA) return refused(`schema is ${showForeign(value.schema)}, expected "${SCHEMA}"`);
  const event = readFields(EVENT, value);
  return typeof event === 'string' ? refused(event) : { kind: 'event', event };
}

const ID = textLike('8 to 64 letters, digits, - and _', (text) => /^[A-Za-z0-9_-]{8,64}$/.test(text));

const INCIDENT = mapOf<Incident>({
  id: ID,
  started: TIME,
  ended: orNull(TIME),
  duration_s: orNull(AMOUNT),
  reminders: AMOUNT,
});

const CHANGE = mapOf<Change>({
  fact: line(200),
  before: SAFE_JSON,
  after: SAFE_JSON,
  diff: prose(DIFF_MAX),
});

const EVENT: Fields<Event> = {
  schema: oneOf([SCHEMA]),
  id: ID,
  event: oneOf(EVENT_KINDS),
  ...FOREIGN_BODY,
  cause: withAbsent(orNull(line(500)), null),
  previous: orNull(mapOf({ status: oneOf(STATUSES), since: TIME, time: TIME })),
  since: TIME,
  failures: AMOUNT,
  incident: orNull(INCIDENT),
  change: orNull(CHANGE),
  gap_ms: withAbsent(orNull(AMOUNT), null),
  results_file: withAbsent(orNull(line(4096)), null),
  delivery: withAbsent(orNull(mapOf({ hook: line(100), attempt: AMOUNT })), null),
};

function refused(reason: string): ForeignEvent {
  return { kind: 'refused', reason };
}
