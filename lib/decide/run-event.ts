import type { Draft } from '../words/draft.ts';
import { STATUSES, worstStatus, type Status } from '../words/status.ts';
import type { RunInfo } from '../words/result.ts';
import { draft } from './draft.ts';
import { unprobed } from './unprobed.ts';

export interface RunSummary {
  readonly run: RunInfo;
  /** when the run began, RFC 3339 UTC */
  readonly time: string;
  readonly duration_ms: number;
  /** status of each result of this run */
  readonly statuses: readonly Status[];
  /** events decided in this run, on_result not counted */
  readonly events: number;
  /** ms since the last run less what is usual between two; null or absent: none was missed, or nobody can say */
  readonly gap_ms?: number | null;
  /** path of the NDJSON file of all results and events; null when it could not be written */
  readonly results_file: string | null;
}

/** The event for on_run: about puptime itself, with the worst status of its services and their numbers as metrics. */
export function draftRun(summary: RunSummary): Draft {
  const { run, time, duration_ms, statuses, events, gap_ms = null, results_file } = summary;
  const counts = countStatuses(statuses);
  const body = {
    ...unprobed(runWords(counts, statuses.length), time, run),
    service: 'puptime',
    type: 'run',
    target: null,
    status: worstStatus(statuses),
    duration_ms,
    metrics: { services: statuses.length, ...counts, events },
    description: null,
    group: null,
    tags: [],
    vars: {},
    runbook: null,
    hint: null,
  };
  return draft('run', body, { gap_ms, results_file });
}

function countStatuses(statuses: readonly Status[]): Readonly<Record<Status, number>> {
  const counts = { up: 0, degraded: 0, down: 0, unknown: 0 };
  for (const status of statuses) counts[status] += 1;
  return counts;
}

function runWords(counts: Readonly<Record<Status, number>>, total: number): string {
  const parts = STATUSES.filter((status) => counts[status] > 0).map(
    (status) => `${counts[status]} ${status}`,
  );
  return `${total} ${total === 1 ? 'service' : 'services'} probed${parts.length > 0 ? `: ${parts.join(', ')}` : ''}`;
}
