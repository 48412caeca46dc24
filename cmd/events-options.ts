import type { OptionTable } from './options.ts';
import { CONFIG, HOOKS, OUTPUT, SELECT, STATE } from './run-options.ts';

const LOCK_WAIT: OptionTable = {
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
  ...LOCK_WAIT,
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
