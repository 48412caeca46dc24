import type { Json } from './json.ts';
import type { ResultBody } from './result.ts';
import type { Status } from './status.ts';

export const EVENT_KINDS = [
  'result',
  'first',
  'down',
  'up',
  'slow',
  'degraded',
  'restore',
  'change',
  'unknown',
  'reminder',
  'flapping',
  'isolated',
  'run',
  'dead',
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

export interface Incident {
  readonly id: string;
  readonly started: string;
  readonly ended: string | null;
  readonly duration_s: number | null;
  readonly reminders: number;
}

export interface Change {
  readonly fact: string;
  readonly before: Json;
  readonly after: Json;
  /** lines with a leading "- " or "+ " */
  readonly diff: string;
}

/** What a hook gets. Source: schema/event.schema.json. */
export interface Event extends ResultBody {
  readonly schema: 'puptime.event.v1';
  /** the same at every try */
  readonly id: string;
  readonly event: EventKind;
  /** why, where it is not a probe’s result: removed, disabled, state_lost … */
  readonly cause: string | null;
  readonly previous: { readonly status: Status; readonly since: string; readonly time: string } | null;
  /** since when the confirmed status holds */
  readonly since: string;
  /** failing results in a row */
  readonly failures: number;
  readonly incident: Incident | null;
  readonly change: Change | null;
  /** ms before this result in which runs that were due did not happen; null: none was missed */
  readonly gap_ms: number | null;
  /** on_run only: path of the NDJSON file with all results and events */
  readonly results_file: string | null;
  readonly delivery: { readonly hook: string; readonly attempt: number } | null;
}
