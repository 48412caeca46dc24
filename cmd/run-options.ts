import { FORMATS } from '../lib/report/format.ts';
import type { OptionTable } from './options.ts';

export const CONFIG: OptionTable = {
  config: {
    alias: 'c',
    type: 'string',
    array: true,
    value: 'FILE',
    describe: 'config file; repeatable, - is stdin, a directory means its *.yaml',
  },
};

export const STATE: OptionTable = {
  state: { type: 'string', value: 'DIR', describe: 'state directory' },
};

export const HOOKS: OptionTable = {
  hooks: { type: 'string', value: 'DIR', describe: 'hooks directory' },
};

export const SELECT: OptionTable = {
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

export const OUTPUT: OptionTable = {
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

export const SWEEP: OptionTable = {
  concurrency: {
    type: 'number',
    value: 'N',
    describe: 'probes at once (default: what the descriptor limit allows, at most 2000)',
  },
  deadline: { type: 'string', value: '50s', describe: 'the whole run; what it cuts off is unknown' },
};

export const DRY_RUN: OptionTable = {
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
