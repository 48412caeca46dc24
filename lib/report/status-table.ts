import { showDuration } from '../words/duration-text.ts';
import type { ServiceRecord } from '../words/record.ts';
import { safeLine } from '../words/safe-text.ts';
import { alignColumns, type Cell } from './columns.ts';
import { jsonLine } from './json-line.ts';
import { dim, paint } from './paint.ts';
import { badFirst } from './reported.ts';
import { sparkline } from './sparkline.ts';

export interface StatusOptions {
  readonly color: boolean;
  /** ms since 1970, for "since" */
  readonly now: number;
}

/** For `puptime status`: what is remembered of each service, bad ones first. Services that left the config are not shown. */
export function renderStatusTable(records: readonly ServiceRecord[], { color, now }: StatusOptions): string {
  const present = badFirst(records.filter(({ gone }) => gone === null));
  if (present.length === 0) return 'nothing is remembered yet: puptime run makes the first results\n';
  const head = ['STATUS', 'SERVICE', 'FOR', 'RECENT', 'LAST'].map((text): Cell => ({
    text,
    show: (word) => dim(word, color),
  }));
  return alignColumns([head, ...present.map((record) => row(record, color, now))]);
}

function row(record: ServiceRecord, color: boolean, now: number): readonly Cell[] {
  return [
    { text: record.status, show: (text) => paint(text, record.status, color) },
    { text: safeLine(record.service) },
    { text: ago(record.since, now) },
    { text: sparkline(record.recent), show: (text) => paint(text, record.status, color) },
    { text: lastWords(record, now) },
  ];
}

function ago(time: string, now: number): string {
  return showDuration(Math.max(0, now - Date.parse(time)));
}

function lastWords({ summary, unknown, streak, status }: ServiceRecord, now: number): string {
  if (unknown !== null) return `cannot tell for ${ago(unknown.since, now)}: ${safeLine(unknown.summary)}`;
  const isPending = streak?.failing === true && status !== 'down';
  return isPending ? `${safeLine(summary)} (failure ${streak.count}, not confirmed)` : safeLine(summary);
}

/** The same for programs: one JSON object per service and line, in the order given. */
export function renderStatusJson(records: readonly ServiceRecord[]): string {
  return records
    .filter(({ gone }) => gone === null)
    .map((record) => jsonLine(statusOf(record)))
    .join('');
}

function statusOf(record: ServiceRecord) {
  const {
    service,
    status,
    since,
    time,
    started,
    type,
    target,
    about,
    summary,
    reason,
    incident,
    unknown,
    recent,
    streak,
  } = record;
  return {
    schema: 'puptime.status.v1',
    service,
    status,
    since,
    time,
    started,
    type,
    target,
    group: about?.group ?? null,
    tags: about?.tags ?? [],
    summary,
    reason,
    failures: streak?.failing === true ? streak.count : 0,
    incident,
    degraded_by: [...record.slow.map((cause) => `slow:${cause}`), ...record.other],
    unknown,
    recent,
  };
}
