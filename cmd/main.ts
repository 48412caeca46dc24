import { writeSync } from 'node:fs';
import { EXIT, UserError } from '../lib/words/problem.ts';
import { safeLine } from '../lib/words/safe-text.ts';
import { readArguments } from './command-line.ts';
import { RUN } from './run-options.ts';
import { systemFailure } from './system-failure.ts';
import { VERSION } from '../lib/words/version.ts';
import type { World } from './world.ts';

/** Words from the shell in, exit code out. Never rejects. */
export async function main(argv: readonly string[], world: World): Promise<number> {
  const nagios = asksForNagios(argv);
  try {
    const code = await dispatch(argv, world);
    return nagios && code > 3 && code < 128 ? 3 : code;
  } catch (thrown) {
    const error = systemFailure(thrown) ?? thrown;
    say(error);
    if (nagios) return 3;
    return error instanceof UserError ? error.exitCode : EXIT.internal;
  }
}

async function dispatch(argv: readonly string[], world: World): Promise<number> {
  const [command, ...rest] = argv;
  if (argv.length === 1 && command === '--version') return printVersion();
  // What cron starts every minute does not load yargs; anything unusual does.
  const hot = command === 'run' ? readArguments(rest, RUN) : null;
  if (hot) return (await import('./run.ts')).run(hot, world);
  return (await import('./cli.ts')).cli(argv, world);
}

/** Without opening a stream, which costs more than all the rest of it. */
function printVersion(): number {
  try {
    writeSync(1, `${VERSION}\n`);
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    // A reader that has gone is no fault.
    if (error.code !== 'EPIPE') throw new UserError(EXIT.io, `cannot write to stdout: ${error.message}`);
  }
  return EXIT.ok;
}

function say(error: unknown): void {
  const text = error instanceof UserError ? error.message.trimEnd() : bugReport(error);
  // Synchronously: the process may be on its way out.
  writeQuietly(`puptime: ${text}\n`);
}

function bugReport(error: unknown): string {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `internal error, please report it:\n${detail
    .split('\n')
    .map((line) => safeLine(line, 300))
    .join('\n')}`;
}

function writeQuietly(text: string): void {
  try {
    writeSync(2, text);
  } catch (error) {
    // Nobody reads stderr any more, or it is full: there is no other place to say it.
    if (!(error instanceof Error)) throw error;
  }
}

function asksForNagios(argv: readonly string[]): boolean {
  return argv.some(
    (word, index) =>
      word === '--output=nagios' ||
      word === '-o=nagios' ||
      (word === 'nagios' && ['-o', '--output'].includes(argv[index - 1] ?? '')),
  );
}
