import { showLocalTime } from '../schedule/local-time.ts';
import { showMatch } from '../schedule/silence.ts';
import { showDuration } from '../words/duration-text.ts';
import { safeLine } from '../words/safe-text.ts';
import type { Silence } from '../words/silence.ts';
import { alignColumns, type Cell } from './columns.ts';
import { jsonLine } from './json-line.ts';
import { dim } from './paint.ts';

/** A silence, and the names of what it covers now. */
export type ShownSilence = Silence & { readonly services: readonly string[] };

export interface SilenceTableOptions {
  /** ms since 1970 */
  readonly now: number;
  readonly zone: string;
  readonly color: boolean;
}

/** For `puptime silence`: who silenced what until when, and why. */
export function renderSilences(silences: readonly ShownSilence[], options: SilenceTableOptions): string {
  if (silences.length === 0) return 'nothing is silenced\n';
  const head = ['ID', 'WHAT', 'UNTIL', 'LEFT', 'BY', 'COVERS', 'NOTE'].map((text): Cell => ({
    text,
    show: (word) => dim(word, options.color),
  }));
  return alignColumns([head, ...silences.map((silence) => row(silence, options))]);
}

/** The same for programs: one JSON object per line. `select` is its match as it would be written. */
export function renderSilenceJson(silences: readonly ShownSilence[]): string {
  return silences.map((silence) => jsonLine({ ...silence, select: showMatch(silence.match) })).join('');
}

function row(silence: ShownSilence, { now, zone }: SilenceTableOptions): readonly Cell[] {
  const until = Date.parse(silence.until);
  return [
    { text: silence.id },
    { text: safeLine(showMatch(silence.match), 60) },
    { text: showLocalTime(Math.floor(until / 1000) * 1000, zone) },
    { text: showDuration(until - now) },
    { text: safeLine(silence.by, 30) },
    { text: coversText(silence.services) },
    { text: safeLine(silence.note ?? '', 100) },
  ];
}

function coversText(names: readonly string[]): string {
  const [first, ...others] = names;
  if (first === undefined) return 'nothing now';
  return others.length === 0 ? safeLine(first, 40) : `${names.length} services`;
}
