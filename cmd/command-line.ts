import { EXIT, UserError } from '../lib/words/problem.ts';
import { parseDuration } from '../lib/words/units.ts';
import type { OptionTable, Options } from './options.ts';

/**
 * Reads plain arguments by an option table, without yargs: that is what every start by cron pays for. Null when there
 * is anything that deserves yargs’ attention: an unknown option, a missing value, a cry for help.
 */
export function readArguments(argv: readonly string[], table: OptionTable): Options | null {
  const values: { [name: string]: unknown } = {};
  const positional: string[] = [];
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      positional.push(...rest.splice(0));
    } else if (word === '-' || !word.startsWith('-')) {
      positional.push(word);
    } else if (!takeOption(word, rest, table, values)) {
      return null;
    }
  }
  return { ...values, _: positional };
}

function takeOption(
  word: string,
  rest: string[],
  table: OptionTable,
  values: { [name: string]: unknown },
): boolean {
  const [flag = '', ...parts] = word.split('=');
  const inline = parts.length > 0 ? parts.join('=') : null;
  const name = flag.startsWith('--') ? flag.slice(2) : aliased(flag.slice(1), table);
  const spec = name === undefined || !Object.hasOwn(table, name) ? undefined : table[name];
  if (name === undefined || spec === undefined) return false;
  if (spec.type === 'boolean') {
    if (inline !== null) return false;
    values[name] = true;
    return true;
  }
  const value = inline ?? rest.shift();
  if (value === undefined || value === '' || (inline === null && value.startsWith('-') && value !== '-'))
    return false;
  if (spec.choices && !spec.choices.includes(value)) return false;
  if (spec.type === 'number' && !/^[1-9]\d{0,8}$/.test(value)) return false;
  if (!spec.array && values[name] !== undefined) return false;
  const typed = spec.type === 'number' ? Number(value) : value;
  values[name] = spec.array ? [...((values[name] as unknown[] | undefined) ?? []), typed] : typed;
  return true;
}

function aliased(letter: string, table: OptionTable): string | undefined {
  return Object.keys(table).find((name) => table[name]?.alias === letter);
}

/** The milliseconds of an option such as `--deadline 50s`; null when it was not given. Throws UserError 64. */
export function durationOption(value: string | undefined, option: string): number | null {
  if (value === undefined) return null;
  const ms = parseDuration(value);
  if (ms === null)
    throw new UserError(
      EXIT.usage,
      `${option} ${value}: is no duration, expected one like 500ms, 30s, 5m, 2h or 1d`,
    );
  return ms;
}
