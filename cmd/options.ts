import type { Format } from '../lib/report/format.ts';
import { CONFIG, DRY_RUN, HOOKS, OUTPUT, SELECT, STATE, SWEEP } from './run-options.ts';

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

export const EXPLAIN: OptionTable = {
  ...CONFIG,
  ...STATE,
  ...HOOKS,
  ...OUTPUT,
  deadline: { type: 'string', value: '50s', describe: 'for all of it; what it cuts off is unknown' },
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
  readonly results?: string;
  readonly set?: readonly string[];
  readonly every?: string;
  readonly from?: string;
  readonly expect?: string;
}
