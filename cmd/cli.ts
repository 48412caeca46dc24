import yargs from 'yargs';
import type { Argv, Options as YargsOption } from 'yargs';
import { EXIT, UserError } from '../lib/words/problem.ts';
import { type Vocabulary, mistakeIn } from './mistake.ts';
import { readArguments } from './command-line.ts';
import {
  DECIDE,
  DELIVER,
  HOOK_TEST,
  type OptionTable,
  type Options,
  PROBE,
  RUN,
  SILENCE,
  STATUS,
  VALIDATE,
} from './options.ts';
import { writeOut } from './output.ts';
import { VERSION } from '../lib/words/version.ts';
import type { World } from './world.ts';

interface Command {
  readonly usage: string;
  readonly describe: string;
  readonly options: OptionTable;
  readonly examples: readonly (readonly [command: string, meaning: string])[];
  /** each command’s file is loaded only when it is called */
  start(options: Options, world: World): Promise<number>;
}

const COMMANDS: readonly Command[] = [
  {
    usage: 'run [names..]',
    describe: 'the main job: probe what is due, decide, run hooks',
    options: RUN,
    examples: [
      ['* * * * * puptime run', 'in a crontab: silent unless puptime itself is in trouble'],
      ['puptime run --json | jq -r "select(.status != \\"up\\") | .summary"', 'results as they come'],
      ['puptime run cache --dry-run', 'what would be announced'],
    ],
    start: async (options, world) => (await import('./run.ts')).run(options, world),
  },
  {
    usage: 'probe [names..]',
    describe: 'results only: no memory, no hooks. A URL needs no config',
    options: PROBE,
    examples: [
      ['puptime probe redis://cache:6379 https://example.org', 'without any config'],
      ['puptime probe --json website | jq .facts', 'what was seen'],
      [
        'puptime probe --due --json | puptime decide | puptime deliver -',
        'the steps of puptime run, joined by pipes',
      ],
    ],
    start: async (options, world) => (await import('./probe.ts')).probe(options, world),
  },
  {
    usage: 'decide',
    describe: 'results (stdin) and memory to events (stdout)',
    options: DECIDE,
    examples: [['puptime probe --due --json | puptime decide', 'the events of what is due now']],
    start: async (options, world) => (await import('./decide.ts')).decideResults(options, world),
  },
  {
    usage: 'deliver [input]',
    describe: 'pending events to hooks; with - also events from stdin',
    options: DELIVER,
    examples: [
      ['puptime deliver', 'try again what failed'],
      ['ssh probe-host puptime decide | puptime deliver -', 'hooks here for what was seen there'],
    ],
    start: async (options, world) => (await import('./deliver.ts')).deliver(options, world),
  },
  {
    usage: 'status [names..]',
    describe: 'what is remembered of each service; no network',
    options: STATUS,
    examples: [
      ['puptime status --json | jq -r "select(.status == \\"down\\") | .service"', 'what is down'],
      ['puptime status --max-age 5m', 'exits with 3 when the last run is too old: for a second watcher'],
    ],
    start: async (options, world) => (await import('./status.ts')).status(options, world),
  },
  {
    usage: 'silence [words..]',
    describe: 'no announcements for a while; alone: what is silenced; silence lift ends it',
    options: SILENCE,
    examples: [
      ['puptime silence "shop/*" tag:db --for 2h --note "moving racks"', 'ends by itself'],
      ['puptime silence --all --until 18:30', 'everything'],
      ['puptime silence lift 1f3a5c7e', 'by its id, or by the words it was ordered with'],
    ],
    start: async (options, world) => (await import('./silence.ts')).silence(options, world),
  },
  {
    usage: 'validate [files..]',
    describe: 'check config and hooks: every problem at once as file:line:col',
    options: VALIDATE,
    examples: [['puptime validate -c puptime.yaml', 'before a commit']],
    start: async (options, world) => (await import('./validate.ts')).validateConfig(options, world),
  },
  {
    usage: 'hook <action> <event> [name]',
    describe: 'hook test EVENT [NAME]: run a hook on a sample event marked "test": true',
    options: HOOK_TEST,
    examples: [
      ['puptime hook test down', 'all hooks for down'],
      ['puptime hook test up cache', 'as if the service cache were up again'],
    ],
    start: async (options, world) => (await import('./hook.ts')).hook(options, world),
  },
  {
    usage: 'schema <which>',
    describe: 'print the JSON Schema of config, result or event',
    options: {},
    examples: [['puptime schema event > event.schema.json', '']],
    start: async (options, world) => (await import('./schema.ts')).schema(options, world),
  },
];

const VOCABULARY: Vocabulary = new Map(
  COMMANDS.map(({ usage, options }) => [
    usage.split(' ', 1)[0] ?? usage,
    Object.entries(options).flatMap(([name, { alias }]) => (alias === undefined ? [name] : [name, alias])),
  ]),
);

/** The yargs table: help, mistakes, and every command but the plain `run`. Rejects with UserError 64 for a mistake. */
export async function cli(argv: readonly string[], world: World): Promise<number> {
  const plain = startPlainly(argv, world);
  if (plain !== null) return plain;
  const chosen: { start: (() => Promise<number>) | null } = { start: null };
  let parser = yargs()
    .scriptName('puptime')
    .usage('$0 COMMAND\n\nProbes services, and runs your hooks when something changes.')
    .version(VERSION)
    .help()
    .alias('help', 'h')
    .strict()
    .demandCommand(1, 'no command given')
    .exitProcess(false)
    .wrap(Math.min(100, world.stdout.columns || 80))
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'duplicate-arguments-array': true,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .fail((message: string | undefined, error: Error | undefined) => {
      // yargs’ own complaint about a missing value comes as an error, ours and bugs do too
      if (error !== undefined && error.name !== 'YError') throw error;
      throw mistakeIn(argv, message ?? error?.message ?? 'wrong arguments', VOCABULARY);
    })
    .epilogue(EPILOGUE);
  for (const command of COMMANDS)
    parser = addCommand(parser, command, (options) => (chosen.start = () => command.start(options, world)));

  let printed = '';
  await parser.parseAsync([...argv], {}, (_error: unknown, _argv: unknown, output: string) => {
    printed = output;
  });
  if (printed !== '') await writeOut(world.stdout, `${printed}\n`);
  return chosen.start === null ? EXIT.ok : chosen.start();
}

const EPILOGUE = `Config: -c, else $PUPTIME_CONFIG, ./puptime.yaml, $XDG_CONFIG_HOME/puptime/puptime.yaml, /etc/puptime/puptime.yaml
State:  --state, else $PUPTIME_STATE, the config's state:, $STATE_DIRECTORY, /var/lib/puptime (root) or $XDG_STATE_HOME/puptime
Exit codes: 64 usage, 66 no such input, 69 tool missing, 70 bug, 74 cannot read or write, 75 another run holds the lock, 77 not permitted, 78 config invalid`;

function addCommand(parser: Argv, command: Command, choose: (options: Options) => void): Argv {
  return parser.command(
    command.usage,
    command.describe,
    (builder) => {
      let built = builder.options(yargsOptions(command.options));
      for (const [example, meaning] of command.examples) built = built.example(example, meaning);
      return built;
    },
    (args) => choose(asOptions(args, command)),
  );
}

/** Words that the option table understands by itself: yargs is for help and mistakes (and makes nothing of a lone `-`). */
function startPlainly([word, ...rest]: readonly string[], world: World): Promise<number> | null {
  const command = COMMANDS.find(({ usage }) => usage.split(' ')[0] === word);
  const options = command === undefined ? null : readArguments(rest, command.options);
  if (command === undefined || options === null) return null;
  const places = [...positionals(command)];
  const needed = places.filter(([written]) => written.startsWith('<')).length;
  const many = places.some(([written]) => written.includes('..'));
  if (options._.length < needed || (!many && options._.length > places.length)) return null;
  return command.start(options, world);
}

function positionals({ usage }: Command): Iterable<RegExpExecArray> {
  return usage.matchAll(/[<[](\w+)(?:\.\.)?[>\]]/g);
}

function yargsOptions(table: OptionTable): { [name: string]: YargsOption } {
  return Object.fromEntries(
    Object.entries(table).map(([name, { alias, type, array, describe, value, choices }]) => [
      name,
      {
        type,
        describe: value === undefined || choices ? describe : `${describe} [${value}]`,
        requiresArg: type !== 'boolean',
        ...(alias === undefined ? {} : { alias }),
        ...(array ? { array: true, nargs: 1 } : {}),
        ...(choices ? { choices: [...choices] } : {}),
      } satisfies YargsOption,
    ]),
  );
}

/** Positional arguments in the order of `usage`, options by their names. */
function asOptions(args: { readonly [name: string]: unknown }, command: Command): Options {
  const positional = [...positionals(command)].flatMap(([, name = '']) => {
    const value = args[name];
    if (typeof value !== 'string' && !Array.isArray(value)) return [];
    return Array.isArray(value) ? value.map(String) : [value];
  });
  const options: { [name: string]: unknown } = {};
  for (const [name, spec] of Object.entries(command.options)) {
    const value = args[name];
    if (value === undefined) continue;
    if (Array.isArray(value) && spec.array !== true)
      throw new UserError(EXIT.usage, `--${name}: given ${String(value.length)} times, expected once`);
    if (spec.type === 'number' && !(Number.isSafeInteger(value) && Number(value) > 0))
      throw new UserError(EXIT.usage, `--${name}: expected a whole number, 1 or more`);
    options[name] = value;
  }
  return { ...options, _: positional };
}
