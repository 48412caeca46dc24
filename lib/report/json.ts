import { jsonLine } from './json-line.ts';
import type { Reported } from './reported.ts';

/** All results as one JSON list, a line for each. */
export function renderJson(results: readonly Reported[]): string {
  const lines = results.map((result) => jsonLine(result).trimEnd());
  return lines.length === 0 ? '[]\n' : `[\n${lines.join(',\n')}\n]\n`;
}
