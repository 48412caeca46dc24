// make crash: every sweep in full, or that of SWEEP=name, and a table of what came of it.
import { SWEEPS } from './sweeps.ts';
import { type SweepResult, sumOf } from './sweep.ts';

const AT_ONCE = 2;
/** Of the failures of one sweep, how many are told in full. */
const MOST_TOLD = 20;

const wanted = process.env['SWEEP'] ?? '';
const chosen = Object.entries(SWEEPS).filter(([name]) => wanted === '' || name === wanted);
if (chosen.length === 0) {
  console.error(`SWEEP=${wanted}: there is no such sweep, expected one of ${Object.keys(SWEEPS).join(', ')}`);
  process.exit(64);
}
// So that what is mounted and started is taken away, as at the end.
process.once('SIGINT', () => process.exit(130));
const rows: (readonly [name: string, result: SweepResult, seconds: number])[] = [];
for (const [name, sweep] of chosen) {
  const began = performance.now();
  const result = await sweep({
    parallel: AT_ONCE,
    progress: (done, all) => show(`${name}: ${String(Math.floor((100 * done) / all))} %`),
    tell: (line) => {
      show('');
      console.log(`${name}: ${line}`);
    },
  });
  show('');
  rows.push([name, result, (performance.now() - began) / 1000]);
  tellFailures(name, result);
}
console.log(table());
process.exitCode = rows.some(([, result]) => hasFailed(result)) ? 1 : 0;

/** A line that the next one overwrites; nothing where nobody watches. */
function show(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}

/** A sweep that has tried nothing proves nothing. */
function hasFailed({ points, failures, skipped }: SweepResult): boolean {
  if (skipped !== undefined) return process.env['PUPTIME_REQUIRE_DAEMONS'] === '1';
  return points === 0 || failures.length > 0;
}

function tellFailures(name: string, { points, failures, skipped }: SweepResult): void {
  if (skipped !== undefined) return console.log(`${name}: skipped: ${skipped}`);
  if (points === 0) console.log(`${name}: not a single point was tried`);
  for (const failure of failures.slice(0, MOST_TOLD)) console.log(`${name}: ${failure}`);
  const more = failures.length - MOST_TOLD;
  if (more > 0) console.log(`${name}: and ${String(more)} more`);
}

function table(): string {
  const all = sumOf(rows.map(([, result]) => result));
  const seconds = rows.reduce((sum, [, , own]) => sum + own, 0);
  const lines = [
    `puptime: crash sweeps of ${new Date().toISOString().slice(0, 10)}`,
    row('sweep', ['points', 'lost', 'invented', 'reordered', 'repeats', 'other', 'seconds']),
    ...rows.map(([name, result, own]) =>
      row(name, result.skipped === undefined ? cells(result, own) : ['skipped']),
    ),
    row('all', cells(all, seconds)),
  ];
  return lines.join('\n');
}

function cells(result: SweepResult, seconds: number): readonly string[] {
  const { points, lost, invented, reordered, repeats, other } = result;
  return [points, lost, invented, reordered, repeats, other, Math.round(seconds)].map(String);
}

function row(name: string, values: readonly string[]): string {
  return [name.padEnd(18), ...values.map((value) => value.padStart(9))].join(' ');
}
