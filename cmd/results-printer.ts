import { type Format, loadFormat } from '../lib/report/format.ts';
import type { Reported } from '../lib/report/reported.ts';
import { UserError } from '../lib/words/problem.ts';
import type { Status } from '../lib/words/status.ts';
import type { Options } from './options.ts';
import { openOutput } from './output.ts';
import { report } from './setting.ts';
import type { World } from './world.ts';

/** Takes results as they come and puts them out as asked. */
export interface ResultsPrinter {
  add(result: Reported): void;
  /** Prints what waited for the end. Throws UserError 74 when stdout cannot be written. */
  finish(): Promise<void>;
}

/** How results are printed; null: not at all. `quietUnlessTerminal`: what cron runs must not print. */
export function chooseFormat(options: Options, world: World, quietUnlessTerminal: boolean): Format | null {
  if (options.json === true) return 'ndjson';
  if (options.output !== undefined) return options.output;
  if (options.quiet === true) return null;
  return quietUnlessTerminal && !world.stdoutIsTerminal() ? null : 'human';
}

export function usesColor(options: Options, world: World, stream: { readonly isTTY?: boolean }): boolean {
  return options['no-color'] !== true && (world.env['NO_COLOR'] ?? '') === '' && stream.isTTY === true;
}

/** NDJSON goes out line by line; the other formats need to see all results. `total` is how many will come. */
export async function openResultsPrinter(
  format: Format | null,
  total: number,
  options: Options,
  world: World,
): Promise<ResultsPrinter> {
  if (format === null) return { add: () => undefined, finish: () => Promise.resolve() };
  const output = openOutput(world.stdout);
  const render = await loadFormat(format);
  const color = usesColor(options, world, world.stdout);
  const kept: Reported[] = [];
  const progress = await openProgress(total, format, options, world);
  return {
    add(result) {
      progress.add(result.status);
      if (format === 'ndjson') output.write(render([result], { color }));
      else kept.push(result);
    },
    async finish() {
      progress.clear();
      if (format !== 'ndjson') output.write(render(kept, { color }));
      await output.finish();
    },
  };
}

/**
 * For runs that still have hooks to see to: what stdout refuses is told, and they go on. Gives how often it could not be
 * written (exit code 74).
 */
export async function finishOrTell(printer: ResultsPrinter, world: World): Promise<0 | 1> {
  try {
    await printer.finish();
    return 0;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    report(world, error.message);
    return 1;
  }
}

const PROGRESS_EVERY_MS = 100;

/** A progress line, only where a person waits: stderr is a terminal, and results are not scrolling by on it. */
async function openProgress(total: number, format: Format, options: Options, world: World) {
  const { stderr } = world;
  const shown =
    stderr.isTTY === true && options.quiet !== true && !(format === 'ndjson' && world.stdoutIsTerminal());
  if (!shown) return { add: (_: Status) => undefined, clear: () => undefined };
  const { CLEAR_LINE, renderProgress } = await import('../lib/report/progress.ts');
  const counts = { up: 0, degraded: 0, down: 0, unknown: 0 };
  const color = usesColor(options, world, stderr);
  let done = 0;
  let last = world.monotonic();
  const show = () =>
    stderr.write(renderProgress({ done, total, counts }, { columns: stderr.columns || 80, color }));
  show();
  return {
    add(status: Status) {
      done += 1;
      counts[status] += 1;
      if (world.monotonic() - last < PROGRESS_EVERY_MS) return;
      last = world.monotonic();
      show();
    },
    clear: () => void stderr.write(CLEAR_LINE),
  };
}
