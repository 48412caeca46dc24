import type { OptionTable } from './options.ts';
import { CONFIG, HOOKS, OUTPUT } from './run-options.ts';

export const SIMULATE: OptionTable = {
  ...CONFIG,
  ...HOOKS,
  ...OUTPUT,
  results: {
    type: 'string',
    value: 'FILE',
    describe: 'recorded results instead of letters: NDJSON of run --json or of on_run; - is stdin',
  },
  set: {
    type: 'string',
    array: true,
    value: 'KEY=VALUE',
    describe: 'instead of what the config says: down_after=3, "slow=800ms" …; repeatable',
  },
  every: { type: 'string', value: '1m', describe: 'time between results (default: the interval, else 1m)' },
  from: { type: 'string', value: 'TIME', describe: 'of the first result: 2026-12-01T02:00 (default: now)' },
  expect: {
    type: 'string',
    value: 'WORDS',
    describe: 'what must be announced, as in "first · down up"; exit with 1 when it is otherwise',
  },
};
