import type { Event } from '../words/event.ts';

const SCHEMA = 'puptime.run.v1';

/**
 * What on_run gets as its results file: NDJSON, first a header, then each result with its events, last a footer with the
 * counts, which says that the file is whole.
 */
export function resultsFile(event: Event, lines: string): string {
  const { run, time, duration_ms, metrics } = event;
  const ended = new Date(Date.parse(time) + (duration_ms ?? 0)).toISOString();
  const header = { schema: SCHEMA, line: 'header', run, started: time };
  const footer = { schema: SCHEMA, line: 'footer', run, started: time, ended, duration_ms, counts: metrics };
  return `${JSON.stringify(header)}\n${lines}${JSON.stringify(footer)}\n`;
}
