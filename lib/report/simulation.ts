import type { EventKind } from '../words/event.ts';
import { safeLine } from '../words/safe-text.ts';
import type { Status } from '../words/status.ts';
import { alignColumns, type Cell } from './columns.ts';
import { jsonLine } from './json-line.ts';
import { dim, paint } from './paint.ts';

/** One result of a simulation, and what comes of it. */
export interface SimulatedStep {
  /** from 1 */
  readonly step: number;
  readonly service: string;
  /** RFC 3339 UTC */
  readonly time: string;
  /** as written, or one letter for a recorded result */
  readonly letter: string;
  /** of this one result */
  readonly result: Status;
  /** confirmed, after it */
  readonly status: Status;
  readonly since: string;
  readonly announced: readonly Announced[];
  /** bad news that waits; null: none */
  readonly held: { readonly cause: string; readonly events: readonly EventKind[] } | null;
  /** how far it is: `2 of 3 failures in a row` */
  readonly counts: readonly string[];
}

export interface Announced {
  readonly event: EventKind;
  readonly summary: string;
  /** absolute paths of the hooks that would run, in their order */
  readonly hooks: readonly string[];
}

export interface SimulationOptions {
  readonly color: boolean;
  /** RFC 3339 to what the reader’s clock shows */
  readonly showTime: (time: string) => string;
}

/** For people: a line for each step, more where it announces more; last, what was announced as `--expect` takes it. */
export function renderSimulation(steps: readonly SimulatedStep[], options: SimulationOptions): string {
  const many = new Set(steps.map(({ service }) => service)).size > 1;
  const rows = steps.flatMap((step) => rowsOf(step, many, options));
  const test = dim(`as a test: --expect '${compressed(steps.map(wordOf)).join(' ')}'`, options.color);
  return `${alignColumns(rows)}${test}\n`;
}

/** For programs: one object for each step and line. */
export function renderSimulationJson(steps: readonly SimulatedStep[]): string {
  return steps.map((step) => jsonLine(step)).join('');
}

/** What a step announces, in the words of docs/decisions.md: `first+down`, `·`. */
export function wordOf({ announced }: Pick<SimulatedStep, 'announced'>): string {
  return announced.map(({ event }) => event).join('+') || '·';
}

function rowsOf(
  step: SimulatedStep,
  many: boolean,
  { color, showTime }: SimulationOptions,
): readonly Cell[][] {
  const { time, service, letter, status } = step;
  const head: Cell[] = [
    { text: showTime(time) },
    ...(many ? [{ text: safeLine(service) }] : []),
    { text: letter },
    { text: status, show: (text) => paint(text, status, color) },
  ];
  const blank = head.map((): Cell => ({ text: '' }));
  return newsOf(step, color).map((news, index) => [...(index === 0 ? head : blank), news]);
}

function newsOf({ announced, held, counts, result }: SimulatedStep, color: boolean): readonly Cell[] {
  const cells = announced.map(({ event, hooks }): Cell => ({
    text: `on_${event}: ${hooks.length === 0 ? 'no hook' : hooks.map((path) => safeLine(path)).join(', ')}`,
  }));
  if (held !== null) {
    const events = held.events.map((event) => `on_${event}`).join(', ');
    cells.push({ text: `held: ${events} (${safeLine(held.cause)})`, show: (text) => dim(text, color) });
  }
  if (cells.length > 0) return cells;
  return [{ text: `·  ${pendingIn(counts, result)}`.trimEnd(), show: (text) => dim(text, color) }];
}

/** What is on its way; empty where there is nothing to wait for. */
function pendingIn(counts: readonly string[], result: Status): string {
  const [first = ''] = counts.filter((line) => !STANDS.test(line) && !MEASURES.test(line));
  return first === '' && result === 'degraded' ? (counts.find((line) => MEASURES.test(line)) ?? '') : first;
}

const STANDS = /^(?:up|degraded|down) since /;
const MEASURES = /^mean |^\d+ % /;

/** `· · · down` → `·*3 down`: as people write them. */
function compressed(words: readonly string[]): readonly string[] {
  const runs: { readonly word: string; times: number }[] = [];
  for (const word of words) {
    const last = runs.at(-1);
    if (last?.word === word) last.times += 1;
    else runs.push({ word, times: 1 });
  }
  return runs.flatMap(({ word, times }) =>
    times > 2 ? [`${word}*${String(times)}`] : Array.from({ length: times }, () => word),
  );
}
