import { FORMATS, type Format } from '../lib/report/format.ts';

/** One option of the command line: the same table serves yargs and the hot path. */
export interface OptionSpec {
  readonly alias?: string;
  readonly type: 'string' | 'boolean' | 'number';
  /** may be given several times */
  readonly array?: true;
  readonly describe: string;
  /** what its value is called in the help */
  readonly value?: string;
  readonly choices?: readonly string[];
}

export type OptionTable = { readonly [name: string]: OptionSpec };

const CONFIG: OptionTable = {
  config: {
    alias: 'c',
    type: 'string',
    array: true,
    value: 'FILE',
    describe: 'config file; repeatable, - is stdin, a directory means its *.yaml',
  },
};

const STATE: OptionTable = {
  state: { type: 'string', value: 'DIR', describe: 'state directory' },
};

const HOOKS: OptionTable = {
  hooks: { type: 'string', value: 'DIR', describe: 'hooks directory' },
};

const SELECT: OptionTable = {
  tag: {
    type: 'string',
    array: true,
    value: 'TAG',
    describe: 'only services with this tag; repeatable: any of them',
  },
  group: { type: 'string', array: true, value: 'GROUP', describe: 'only services of this group; repeatable' },
  only: {
    type: 'string',
    array: true,
    value: 'GLOB',
    describe: 'only services whose name matches, as in --only "shop/*"; repeatable',
  },
};

const OUTPUT: OptionTable = {
  output: {
    alias: 'o',
    type: 'string',
    value: 'FORMAT',
    choices: FORMATS,
    describe: 'format of the results',
  },
  json: { type: 'boolean', describe: 'one JSON line for each result, the same as -o ndjson' },
  quiet: { alias: 'q', type: 'boolean', describe: 'print nothing but errors' },
  verbose: { alias: 'v', type: 'boolean', describe: 'also show what hooks printed' },
  'no-color': { type: 'boolean', describe: 'no colours (also: NO_COLOR in the environment)' },
};

const SWEEP: OptionTable = {
  concurrency: {
    type: 'number',
    value: 'N',
    describe: 'probes at once (default: what the descriptor limit allows, at most 2000)',
  },
  deadline: { type: 'string', value: '50s', describe: 'the whole run; what it cuts off is unknown' },
};

const DRY_RUN: OptionTable = {
  'dry-run': { type: 'boolean', describe: 'say what would be announced; start no hook, remember nothing' },
};

export const RUN: OptionTable = {
  ...CONFIG,
  ...STATE,
  ...HOOKS,
  ...SELECT,
  ...OUTPUT,
  ...SWEEP,
  ...DRY_RUN,
  all: { type: 'boolean', describe: 'probe all, due or not' },
  'exit-status': {
    type: 'boolean',
    describe: 'exit with the worst status: 0 up, 1 degraded, 2 down, 3 unknown',
  },
  'lock-wait': {
    type: 'string',
    value: '10s',
    describe: 'wait for a run that still probes instead of exiting with 75',
  },
  'no-state': { type: 'boolean', describe: 'no memory: every failing probe runs on_down' },
  'no-deliver': { type: 'boolean', describe: 'leave the events in the queue for puptime deliver' },
};

export const PROBE: OptionTable = {
  ...CONFIG,
  ...STATE,
  ...SELECT,
  ...OUTPUT,
  ...SWEEP,
  due: { type: 'boolean', describe: 'only services that are due, by what is remembered of them' },
};

export const DECIDE: OptionTable = {
  ...CONFIG,
  ...STATE,
  ...OUTPUT,
  ...DRY_RUN,
  'lock-wait': {
    type: 'string',
    value: '10s',
    describe: 'wait for a run that still probes instead of exiting with 75',
  },
};

export const DELIVER: OptionTable = { ...CONFIG, ...STATE, ...HOOKS, ...OUTPUT, ...DRY_RUN };

const LOCK_WAIT_DELIVERY: OptionTable = {
  'lock-wait': {
    type: 'string',
    value: '10s',
    describe: 'how long to wait for a delivery that is under way before exiting with 75',
  },
};

const ONE_HOOK: OptionTable = {
  hook: {
    type: 'string',
    value: 'NAME',
    describe: 'only this hook: its path, or its name as in on_down.d/10-mail',
  },
};

export const EVENTS: OptionTable = {
  ...CONFIG,
  ...STATE,
  ...SELECT,
  ...OUTPUT,
  ...ONE_HOOK,
  ...LOCK_WAIT_DELIVERY,
  pending: { type: 'boolean', describe: 'only those that wait for a hook' },
  dead: { type: 'boolean', describe: 'only those that were given up' },
  recent: { type: 'boolean', describe: 'only those that are done or dropped, the newest first' },
  limit: { type: 'number', value: 'N', describe: 'of the recent ones, at most so many (default 20)' },
  all: { type: 'boolean', describe: 'with retry or drop: all that are shown, instead of IDs' },
  'dry-run': { type: 'boolean', describe: 'say what would be changed; change nothing' },
};

export const REPLAY: OptionTable = {
  ...CONFIG,
  ...HOOKS,
  ...OUTPUT,
  ...ONE_HOOK,
  'dry-run': { type: 'boolean', describe: 'say which hooks would run; run none' },
};

export const STATUS: OptionTable = {
  ...CONFIG,
  ...STATE,
  ...SELECT,
  ...OUTPUT,
  'max-age': { type: 'string', value: '5m', describe: 'exit with 3 when the last run ended longer ago' },
  'exit-status': {
    type: 'boolean',
    describe: 'exit with the worst status: 0 up, 1 degraded, 2 down, 3 unknown',
  },
};

export const VALIDATE: OptionTable = { ...CONFIG, ...HOOKS, ...OUTPUT };

/** `hook test` and `hook lint` */
export const HOOK: OptionTable = { ...CONFIG, ...STATE, ...HOOKS, ...OUTPUT };

export const SILENCE: OptionTable = {
  ...CONFIG,
  ...STATE,
  ...SELECT,
  ...OUTPUT,
  all: { type: 'boolean', describe: 'every service; with lift: every silence' },
  for: { type: 'string', value: '2h', describe: 'how long, at most 30d' },
  until: {
    type: 'string',
    value: 'TIME',
    describe: 'or until when: 18:30, 2026-12-01T18:30 on this host’s clock, or with an offset',
  },
  note: { type: 'string', value: 'TEXT', describe: 'why: it is shown where something is held back' },
};

/** What an option table gives once parsed. Options that were not given are absent. */
export interface Options {
  readonly _: readonly string[];
  readonly config?: readonly string[];
  readonly state?: string;
  readonly hooks?: string;
  readonly tag?: readonly string[];
  readonly group?: readonly string[];
  readonly only?: readonly string[];
  readonly output?: Format;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly 'no-color'?: boolean;
  readonly concurrency?: number;
  readonly deadline?: string;
  readonly 'dry-run'?: boolean;
  readonly all?: boolean;
  readonly due?: boolean;
  readonly 'exit-status'?: boolean;
  readonly 'lock-wait'?: string;
  readonly 'no-state'?: boolean;
  readonly 'no-deliver'?: boolean;
  readonly 'max-age'?: string;
  readonly hook?: string;
  readonly pending?: boolean;
  readonly dead?: boolean;
  readonly recent?: boolean;
  readonly limit?: number;
  readonly for?: string;
  readonly until?: string;
  readonly note?: string;
}
