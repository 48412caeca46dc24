import type { Facts } from '../words/fact.ts';
import type { Json } from '../words/json.ts';
import { safeLine, safeText } from '../words/safe-text.ts';
import type { Filter } from '../words/service.ts';
import { type Pattern, compilePattern } from './expect/pattern.ts';
import type { Job } from './job.ts';
import type { ProbeWorld } from './probe-world.ts';
import { CannotTell } from './prober.ts';
import { runAside } from './run-aside.ts';

/** Characters of a watched text that are compared and kept in memory. */
const WATCHED = 65_536;

type WatchWorld = Pick<ProbeWorld, 'env' | 'monotonic' | 'signal' | 'report'>;

/** The watched facts of a good result, filtered. A fact that was not seen is null. */
export type Watched = { readonly [fact: string]: Json };

/**
 * What was watched, without secrets. Null when nothing is, and when a program of `filter` failed, which is
 * reported: what could not be filtered cannot be compared.
 */
export async function watchedOf(job: Job, facts: Facts, world: WatchWorld): Promise<Watched | null> {
  const { watch } = job.service.policy;
  if (watch.length === 0) return null;
  try {
    const values: [string, Json][] = [];
    for (const fact of watch)
      values.push([fact, await normalise(job.redact(facts[fact] ?? null), job, world)]);
    return Object.fromEntries(values);
  } catch (error) {
    if (!(error instanceof CannotTell)) throw error;
    const trouble = job.redact(safeLine(error.message, 300));
    if (!world.signal.aborted)
      world.report(`service ${job.service.name}: filter: ${trouble}: changes of it go unseen`);
    return null;
  }
}

async function normalise(value: Json, job: Job, world: WatchWorld): Promise<Json> {
  let normal = value;
  for (const step of job.filter) {
    if (step.command === undefined) normal = replaced(normal, stepOf(step));
    else
      normal = job.redact(
        await piped(normal, { argv: step.command, timeout_ms: job.service.timeout_ms }, world),
      );
  }
  return bounded(normal);
}

function bounded(value: Json): Json {
  if (typeof value === 'string') return safeText(value, WATCHED);
  if (!Array.isArray(value)) return value;
  return (value as readonly Json[]).map(bounded).filter((item) => item !== '');
}

/** Texts line by line, lists item by item; anything else has no lines. */
function replaced(value: Json, step: (text: string) => string): Json {
  if (typeof value === 'string') return step(value);
  return Array.isArray(value) ? (value as readonly Json[]).map((item) => replaced(item, step)) : value;
}

/** A line that `drop` matches goes, and what `replace` matches becomes `with`. */
function stepOf({ drop, replace, with: by = '' }: Filter): (text: string) => string {
  const lines = (text: string, change: (line: string) => string[]) =>
    text.split('\n').flatMap(change).join('\n');
  if (drop !== undefined) {
    const pattern = checkedPattern(drop);
    return (text) => lines(text, (line) => (pattern.found(line) ? [] : [line]));
  }
  if (replace === undefined) return (text) => text;
  const pattern = checkedPattern(replace);
  return (text) => lines(text, (line) => [pattern.replaced(line, by)]);
}

/** The config was checked: a pattern that does not compile here is a bug. */
function checkedPattern(source: string): Pattern {
  const compiled = compilePattern(source);
  if (!compiled.ok) throw new Error(compiled.text);
  return compiled.pattern;
}

/** Through a program: a text as it is, a list with an item on each line, and what it prints becomes one again. */
async function piped(
  value: Json,
  { argv, timeout_ms }: { readonly argv: readonly string[]; readonly timeout_ms: number },
  world: WatchWorld,
): Promise<Json> {
  if (typeof value !== 'string' && !Array.isArray(value)) return value;
  const lines = typeof value === 'string' ? [value.replace(/\n$/, '')] : (value as readonly Json[]);
  const outcome = await runAside({ argv, stdin: lines.map(asLine).join(''), timeout_ms }, world);
  const [program = ''] = argv;
  const printed = outcome.stdout.toString('utf8');
  const stderr = outcome.stderr.toString('utf8').trim();
  // grep says with 1 that no line is left.
  const isEmpty = outcome.exitCode === 1 && printed === '' && stderr === '';
  if (outcome.exitCode !== 0 && !isEmpty) {
    const end =
      outcome.signal === null ? `exited with ${String(outcome.exitCode)}` : `ended by ${outcome.signal}`;
    throw new CannotTell('exit', `${program} ${end}${stderr === '' ? '' : `: ${stderr}`}`);
  }
  if (outcome.flooded) throw new CannotTell('resources', `${program} printed more than 1 MiB`);
  const whole = printed.replace(/\n$/, '');
  return typeof value === 'string' ? whole : whole.split('\n');
}

/** Programs expect that the last line ends, too. */
function asLine(item: Json): string {
  return `${typeof item === 'string' ? item : JSON.stringify(item)}\n`;
}
