import { showDuration } from '../words/duration-text.ts';
import { safeLine } from '../words/safe-text.ts';
import { alignColumns, type Cell } from './columns.ts';
import { dim, paint } from './paint.ts';
import { badFirst, explainLine, type Reported } from './reported.ts';

export interface HumanOptions {
  /** false for NO_COLOR, --no-color, and what is no terminal */
  readonly color: boolean;
}

/** For a terminal: one line per service, bad ones first. */
export function renderHuman(results: readonly Reported[], { color }: HumanOptions): string {
  return alignColumns(badFirst(results).map((result) => row(result, color)));
}

function row(result: Reported, color: boolean): readonly Cell[] {
  const { status, service, target, duration_ms } = result;
  return [
    { text: status, show: (text) => paint(text, status, color) },
    { text: safeLine(service) },
    { text: duration_ms === null ? '-' : showDuration(duration_ms), align: 'right' },
    {
      text: status === 'up' ? safeLine(target ?? '') : explainLine(result),
      show: (text) => (status === 'up' ? dim(text, color) : text),
    },
  ];
}
