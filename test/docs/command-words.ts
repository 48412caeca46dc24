import { EVENTS, REPLAY } from '../../cmd/events-options.ts';
import * as options from '../../cmd/options.ts';
import { RUN } from '../../cmd/run-options.ts';
import { SIMULATE } from '../../cmd/simulate-options.ts';
import { readArguments } from '../../cmd/command-line.ts';

const TABLES: { readonly [command: string]: options.OptionTable } = {
  run: RUN,
  probe: options.PROBE,
  decide: options.DECIDE,
  deliver: options.DELIVER,
  status: options.STATUS,
  validate: options.VALIDATE,
  events: EVENTS,
  replay: REPLAY,
  explain: options.EXPLAIN,
  simulate: SIMULATE,
  silence: options.SILENCE,
  'hook test': options.HOOK,
  'hook lint': options.HOOK,
  schema: {},
};

/** What of a shell line’s `puptime` commands the program would not know; empty when nothing. */
export function unknownIn(line: string): string[] {
  return pipeline(line)
    .filter(([program]) => program !== undefined && /(?:^|\/)puptime$/.test(program))
    .flatMap(([, ...words]) => complaint(words));
}

function complaint(words: readonly string[]): string[] {
  if (words.length === 1 && ['--version', '--help'].includes(words[0] ?? '')) return [];
  const command = Object.keys(TABLES).find((name) => `${words.join(' ')} `.startsWith(`${name} `));
  if (command === undefined) return [`no such command: puptime ${words.join(' ')}`];
  const rest = words.slice(command.split(' ').length);
  return readArguments(rest, TABLES[command] ?? {}) === null
    ? [`no such option: puptime ${words.join(' ')}`]
    : [];
}

/** The words of each command of a pipeline, comments and redirections left out. */
function pipeline(line: string): string[][] {
  const commands: string[][] = [[]];
  const tokens = line.matchAll(/\|\|?|&&?|;|[<>]+\s*\S+|#.*$|(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s|;&<>"'])+/g);
  for (const [token] of tokens) {
    if (/^[|&;]/.test(token)) commands.push([]);
    else if (!/^[<>#]/.test(token)) commands.at(-1)?.push(token.replaceAll(/^["']|["']$/g, ''));
  }
  return commands;
}
