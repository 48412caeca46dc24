import type { FactTable } from '../../../words/fact.ts';
import type { JsonObject } from '../../../words/json.ts';
import type { CommandOptions } from './command-options.ts';

export const COMMAND_FACTS = {
  exit_code: {
    kind: 'number',
    code: 'exit',
    meaning: 'what it ended with; absent when a signal or the timeout ended it',
  },
  signal: {
    kind: 'word',
    code: 'signal',
    meaning: 'the signal that ended it, SIGSEGV; absent when none did',
  },
  output: {
    kind: 'text',
    big: true,
    meaning:
      'what it printed on stdout, without line ends at its end; with `parse: nagios` without performance data',
  },
  stderr: { kind: 'text', big: true, meaning: 'what it printed on stderr, without line ends at its end' },
  lines: { kind: 'list', big: true, meaning: 'the lines of stdout; with `parse: lines`, or when asked for' },
  json: { kind: 'json', big: true, meaning: 'stdout as a document; with `parse: json`' },
  metrics: {
    kind: 'map',
    meaning:
      'performance data by label: the number as it was printed, whatever its unit ({load1: 2.77}); with `parse: nagios`',
  },
  perfdata: {
    kind: 'records',
    big: true,
    meaning:
      'performance data whole: label, value, unit, warn, crit, min, max, null where not given; with `parse: nagios`',
  },
} as const satisfies FactTable;

const NO_SIGNAL: JsonObject = { exists: false };

/** A plugin’s WARNING is degraded, its CRITICAL down; that it could not tell is said by the prober. */
export function commandDefaults({ parse }: Partial<CommandOptions>): {
  readonly expect: JsonObject;
  readonly prefer?: JsonObject;
} {
  const ended = { when: { signal: NO_SIGNAL } };
  if (parse !== 'nagios') return { expect: { signal: NO_SIGNAL, exit_code: { equals: 0, ...ended } } };
  return {
    expect: { signal: NO_SIGNAL, exit_code: { max: 1, ...ended } },
    prefer: { exit_code: { equals: 0, when: { exit_code: { max: 1 } } } },
  };
}
