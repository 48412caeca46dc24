import type { JsonSchema } from '../words/json.ts';
import { QUORUM_MAX, SLOW_PHASES } from '../words/policy.ts';
import { ARGV, COUNT_FROM_1, DURATION, FLAG, NONE, TEXT, WORDS } from './schema-words.ts';

const QUORUM = (description: string): JsonSchema => ({
  description,
  anyOf: [
    { type: 'integer', minimum: 1, maximum: 1000 },
    { type: 'string', pattern: '^[1-9][0-9]{0,2}(/[1-9][0-9]?)?$' },
  ],
  errorMessage: `a whole number, 1 to 1000, or 3/5 (at most ${QUORUM_MAX} runs)`,
});

const SLOW: JsonSchema = {
  description:
    'the mean of the last runs above this is degraded; for phases too: {first_byte: 500ms}; or none',
  anyOf: [
    DURATION,
    {
      type: 'object',
      properties: Object.fromEntries(SLOW_PHASES.map((phase) => [phase, DURATION])),
      additionalProperties: false,
    },
    NONE,
  ],
  errorMessage: 'a duration such as 2s, {total: 2s, first_byte: 500ms}, or none',
};

const REMIND: JsonSchema = {
  description:
    'on_reminder so long after the announcement, again and again; {every, factor, max} grows; or none',
  anyOf: [
    DURATION,
    {
      type: 'object',
      properties: {
        every: DURATION,
        factor: {
          type: 'number',
          minimum: 1,
          maximum: 100,
          description: 'each pause is so many times the one before (default 1)',
          errorMessage: 'a number, 1 to 100',
        },
        max: { ...DURATION, description: 'the longest pause (default: none)' },
      },
      required: ['every'],
      additionalProperties: false,
    },
    NONE,
  ],
  errorMessage: 'a duration such as 30m, {every: 30m, factor: 2, max: 8h}, or none',
};

const PERCENT: JsonSchema = {
  type: 'number',
  minimum: 0,
  maximum: 100,
  errorMessage: 'a percentage, 0 to 100',
};

const FLAPPING: JsonSchema = {
  description:
    'whether on_down is held while it changes all the time (default: where there is a hook for on_flapping)',
  anyOf: [
    FLAG,
    {
      type: 'object',
      properties: {
        high: { ...PERCENT, description: 'percent of recent changes from which it flaps (default 30)' },
        low: { ...PERCENT, description: 'percent at which it has stopped (default 20)' },
      },
      additionalProperties: false,
    },
  ],
  errorMessage: 'true, false, or {high: 30, low: 20}',
};

const FILTER_STEP: JsonSchema = {
  type: 'object',
  properties: {
    drop: { ...TEXT, description: 'a pattern: lines in which it is found go' },
    replace: { ...TEXT, description: 'a pattern: what it finds becomes `with`' },
    with: TEXT,
    command: { ...ARGV, description: 'gets the lines on stdin and prints those to compare' },
  },
  additionalProperties: false,
  errorMessage: '{drop: PATTERN}, {replace: PATTERN, with: TEXT} or {command: [PROGRAM, …]}',
};

const FILTER: JsonSchema = {
  description:
    'makes watched text comparable: {drop: PATTERN}, {replace: PATTERN, with: TEXT}, {command: [PROGRAM, …]}',
  anyOf: [FILTER_STEP, { type: 'array', items: FILTER_STEP }],
  errorMessage: 'a list of {drop: PATTERN}, {replace: PATTERN, with: TEXT} and {command: [PROGRAM, …]}',
};

const WINDOW: JsonSchema = {
  type: 'object',
  properties: {
    cron: { ...TEXT, description: 'when it begins: five fields as in crontab, such as "0 3 * * 0"' },
    for: { ...DURATION, description: 'how long it lasts, in real time' },
    from: { ...TEXT, description: 'when it begins, once: 2026-12-01T02:00' },
    to: { ...TEXT, description: 'when that one ends' },
    tz: { ...TEXT, description: 'time zone, such as Europe/Oslo (default: the host’s)' },
    note: { ...TEXT, description: 'why: it is shown where something is held back' },
  },
  additionalProperties: false,
  errorMessage: 'a map such as {cron: "0 3 * * 0", for: 2h, tz: Europe/Oslo}',
};

export const MAINTENANCE: JsonSchema = {
  description: 'windows in which nothing is announced: {cron, for} or {from, to}, with tz and note',
  anyOf: [WINDOW, { type: 'array', items: WINDOW }],
  errorMessage: 'a list such as [{cron: "0 3 * * 0", for: 2h, tz: Europe/Oslo}]',
};

const DEPENDS_ON: JsonSchema = {
  description:
    'services without which it cannot be reached: all of them, or {any: […]}; shop means all of shop/*',
  anyOf: [
    { type: 'string' },
    { type: 'array', items: { type: 'string' } },
    { type: 'object', properties: { any: WORDS, all: WORDS }, additionalProperties: false },
  ],
  errorMessage: 'a name, a list of names, {any: […]} or {all: […]}',
};

/** Keys of a service that say when it is probed and what becomes of its results. */
export const DECISION_KEYS: { readonly [key: string]: JsonSchema } = {
  interval: { ...DURATION, description: 'time between probes; without it, at every run' },
  jitter: { ...DURATION, description: 'spreads services of one interval over so much of it' },
  run_if: {
    ...ARGV,
    description: 'a program: where it does not exit with 0, the service is not probed this time',
  },
  depends_on: DEPENDS_ON,
  down_after: QUORUM('failing runs in a row until it is down (default 1); 3/5: three of the last five'),
  up_after: QUORUM('good runs in a row until it is not down any more (default 1); or 3/5'),
  slow: SLOW,
  slow_window: { ...COUNT_FROM_1, description: 'how many runs that mean is over (default 3)' },
  watch: { ...WORDS, description: 'facts whose change runs on_change' },
  filter: FILTER,
  remind: REMIND,
  flapping: FLAPPING,
  maintenance: MAINTENANCE,
};
