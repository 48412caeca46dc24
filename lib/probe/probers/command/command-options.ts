import type { JsonSchema } from '../../../words/json.ts';
import { InvalidOptions } from '../../prober.ts';
import type { Execution } from '../../wire/execution.ts';

export type Parse = 'text' | 'json' | 'lines' | 'nagios';
type Scalar = string | number | boolean;

export interface CommandOptions {
  readonly command: readonly Scalar[];
  readonly env?: { readonly [name: string]: Scalar };
  readonly stdin?: string;
  readonly cwd?: string;
  readonly parse?: Parse;
}

const SCALAR: JsonSchema = { anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }] };

export const COMMAND_OPTIONS: { readonly [key: string]: JsonSchema } = {
  command: {
    type: 'array',
    minItems: 1,
    items: SCALAR,
    description:
      'the program and its arguments, each an item of the list; there is no shell in between. Without a slash it is looked up in PATH',
  },
  env: {
    type: 'object',
    additionalProperties: SCALAR,
    description: 'variables in addition to PATH, HOME, LANG, LC_ALL and TZ; nothing else is inherited',
  },
  stdin: { type: 'string', description: 'what it reads on its standard input (default: nothing)' },
  cwd: { type: 'string', description: 'the directory to run it in' },
  parse: {
    enum: ['text', 'json', 'lines', 'nagios'],
    description:
      'text (default): the output as it is; lines: as the list `lines`, too; json: as the document `json`, too; nagios: it is a Nagios plugin: 0 up, 1 degraded, 2 down, anything else unknown, performance data in `metrics`',
  },
};

/** Facts that only one way of parsing gives. */
const ONLY_WITH: Readonly<Record<string, Parse>> = { json: 'json', metrics: 'nagios', perfdata: 'nagios' };

/** What to run. Throws InvalidOptions. */
export function planExecution(options: CommandOptions, wanted: ReadonlySet<string>): Execution {
  for (const [fact, parse] of Object.entries(ONLY_WITH)) {
    if (wanted.has(fact) && (options.parse ?? 'text') !== parse)
      throw new InvalidOptions(
        'parse',
        `the fact \`${fact}\` is asked for, expected \`parse: ${parse}\`, which gives it`,
      );
  }
  const [file, ...args] = options.command.map(String);
  if (file === undefined || file === '')
    throw new InvalidOptions('command', 'its first item, the program, is empty');
  if ([file, ...args].some(hasNul))
    throw new InvalidOptions('command', 'an item has a NUL character in it, which no argument can have');
  if (options.cwd !== undefined && (options.cwd === '' || hasNul(options.cwd)))
    throw new InvalidOptions('cwd', 'it is empty or has a NUL character in it, expected a directory');
  const env = environmentOf(options.env ?? {});
  return {
    argv: [file, ...args],
    env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
  };
}

function environmentOf(written: { readonly [name: string]: Scalar }): { readonly [name: string]: string } {
  for (const [name, value] of Object.entries(written)) {
    if (name === '' || name.includes('=') || hasNul(name))
      throw new InvalidOptions('env', 'a name is empty or has "=" or a NUL character in it');
    if (hasNul(String(value))) throw new InvalidOptions(`env.${name}`, 'the value has a NUL character in it');
  }
  return Object.fromEntries(Object.entries(written).map(([name, value]) => [name, String(value)]));
}

function hasNul(text: string): boolean {
  return text.includes('\0');
}
