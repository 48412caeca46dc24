import { jsonLine } from './json-line.ts';
import type { Reported } from './reported.ts';

/** One JSON object on each line, in the order given. */
export function renderNdjson(results: readonly Reported[]): string {
  return results.map(jsonLine).join('');
}
