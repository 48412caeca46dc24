import yargs from 'yargs';
import type { Argv, Options as YargsOption } from 'yargs';
import { EXIT, UserError } from '../lib/words/problem.ts';
import { type Vocabulary, mistakeIn } from './mistake.ts';
import { readArguments } from './command-line.ts';
import { COMMANDS, type Command } from './commands.ts';
import type { OptionTable, Options } from './options.ts';
import { writeOut } from './output.ts';
import { VERSION } from '../lib/words/version.ts';
import type { World } from './world.ts';

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
