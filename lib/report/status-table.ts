import { showLocalTime } from '../schedule/local-time.ts';
import { showDuration } from '../words/duration-text.ts';
import type { ServiceRecord } from '../words/record.ts';
import { safeLine } from '../words/safe-text.ts';
import { STATUSES } from '../words/status.ts';
import { alignColumns, type Cell } from './columns.ts';
import { dim, paint } from './paint.ts';
import {
  type LastRun,
  type Remembered,
  type RememberedState,
  heldBy,
  unconfirmedFailures,
  uptimeOf,
} from './remembered-state.ts';
import { badFirst } from './reported.ts';
import { sparkline } from './sparkline.ts';

export interface StatusOptions {
  readonly color: boolean;
  /** ms since 1970 */
  readonly now: number;
  /** of the host, an IANA name */
  readonly zone: string;
  /** no line of the table is longer; null: as long as they come */
  readonly columns: number | null;
}

/** For `puptime status`: whether this host is cut off, what is remembered of each service, bad ones first, and the sum of it. */
export function renderStatusTable(state: RememberedState, options: StatusOptions): string {
  const { now, color } = options;
  const cutOff =
    state.cutOff === null
      ? ''
      : `${paint(`this host is cut off for ${ago(state.cutOff.since, now)}: ${safeLine(state.cutOff.summary)}`, 'down', color)}\n`;
  const services = badFirst(
    state.services.map((service) => ({ ...service.record, service: service.record.service, of: service })),
  );
  if (services.length === 0)
    return `${cutOff}nothing is remembered yet: puptime run makes the first results\n`;
  const rows = services.map(({ of }) => cellsOf(of, options));
  const table = alignColumns(fit(rows, options));
  return `${cutOff}${table}${sumOf(state.services, options)}; ${lastRunText(state.lastRun, now)}\n`;
}

/** In the order of the table; the widest terminal has them all. */
const COLUMNS = ['STATUS', 'SERVICE', 'FOR', 'UPTIME', 'RECENT', 'PROBED', 'LAST'] as const;
type Column = (typeof COLUMNS)[number];
/** What goes first where the terminal is narrow. */
const DISPENSABLE: readonly Column[] = ['PROBED', 'UPTIME', 'RECENT', 'FOR'];
/** Less of the last words says nothing. */
const WORDS_MIN = 24;
const SERVICE_MIN = 12;

type Cells = Readonly<Record<Column, Cell>>;

function cellsOf(service: Remembered, options: StatusOptions): Cells {
  const { record } = service;
  const { color, now } = options;
  const painted = (text: string) => paint(text, record.status, color);
  return {
    STATUS: { text: record.status, show: painted },
    SERVICE: { text: safeLine(record.service) },
    FOR: { text: ago(record.since, now) },
    UPTIME: { text: uptimeText(record) },
    RECENT: { text: sparkline(record.recent), show: painted },
    PROBED: { text: `${ago(record.started, now)} ago` },
    LAST: { text: lastWords(service, options) },
  };
}

/** Head and rows, with the columns for which there is room, and what has no bound cut to what they leave. */
function fit(rows: readonly Cells[], { columns, color }: StatusOptions): readonly (readonly Cell[])[] {
  const head = (text: Column): Cell => ({ text, show: (word) => dim(word, color) });
  if (columns === null)
    return [COLUMNS.map(head), ...rows.map((row) => COLUMNS.map((column) => row[column]))];
  const widthOf = (column: Column) =>
    Math.max(...[column, ...rows.map((row) => row[column].text)].map((text) => Array.from(text).length));
  const service = Math.min(widthOf('SERVICE'), Math.max(SERVICE_MIN, Math.floor(columns / 3)));
  let kept: readonly Column[] = COLUMNS.filter((column) => column !== 'SERVICE' && column !== 'LAST');
  const left = () => columns - service - 2 - kept.reduce((sum, column) => sum + widthOf(column) + 2, 0);
  for (const column of DISPENSABLE) if (left() < WORDS_MIN) kept = kept.filter((one) => one !== column);
  const limits = { SERVICE: service, LAST: Math.max(1, left()) };
  const shown = COLUMNS.filter((column) => column in limits || kept.includes(column));
  const cut = (row: Cells, column: Column): Cell =>
    column === 'SERVICE' || column === 'LAST'
      ? { text: safeLine(row[column].text, limits[column]) }
      : row[column];
  return [shown.map(head), ...rows.map((row) => shown.map((column) => cut(row, column)))];
}

function ago(time: string, now: number): string {
  return showDuration(Math.max(0, now - Date.parse(time)));
}

/** `95 % of 20`; a dash where nothing is known. Rounded down: 100 % means never down. */
function uptimeText(record: ServiceRecord): string {
  const { share, of } = uptimeOf(record);
  return share === null ? '-' : `${Math.floor(share * 100)} % of ${of}`;
}

/** The last result, and what one must know to understand why nothing was, or will be, announced. */
function lastWords(service: Remembered, { now, zone }: StatusOptions): string {
  const { record } = service;
  const failures = unconfirmedFailures(record);
  const held = heldBy(service);
  const flapping = record.flapping ?? null;
  const words = [
    record.unknown === null
      ? safeLine(record.summary)
      : `cannot tell for ${ago(record.unknown.since, now)}: ${safeLine(record.unknown.summary)}`,
    failures === 0 ? '' : `(failure ${failures}, not confirmed)`,
  ];
  const notes = [
    held === null || held.kind === 'flapping' ? '' : heldText(held, zone),
    flapping === null ? '' : `flapping for ${ago(flapping.since, now)}`,
  ];
  return [words, ...notes.map((note) => [note])]
    .map((part) => part.filter((text) => text !== '').join(' '))
    .filter((text) => text !== '')
    .join('; ');
}

const HELD_WORDS: Readonly<Record<string, string>> = {
  maintenance: 'in maintenance',
  silence: 'silenced',
  dependency: 'held: it needs',
  isolation: 'held: this host is cut off',
};

function heldText(
  { kind, cause, until }: { readonly kind: string; readonly cause: string; readonly until: string | null },
  zone: string,
): string {
  const end =
    until === null ? '' : ` until ${showLocalTime(Math.floor(Date.parse(until) / 1000) * 1000, zone)}`;
  const words = `${HELD_WORDS[kind] ?? `held by ${kind}`}${end}`;
  const why = safeLine(cause, 100);
  if (why === '') return words;
  return kind === 'dependency' ? `${words} ${why}` : `${words}: ${why}`;
}

/** `1 down, 12 up, 2 silenced, 1 flapping` */
function sumOf(services: readonly Remembered[], { color }: StatusOptions): string {
  const statuses = STATUSES.toReversed().map((status) => {
    const count = services.filter(({ record }) => record.status === status).length;
    return count === 0 ? '' : paint(`${count} ${status}`, status, color);
  });
  const counted = (word: string, holds: (service: Remembered) => boolean) => {
    const count = services.filter(holds).length;
    return count === 0 ? '' : `${count} ${word}`;
  };
  const notes = [
    counted('not confirmed', ({ record }) => unconfirmedFailures(record) > 0),
    counted('puptime cannot tell', ({ record }) => record.unknown !== null),
    counted('in maintenance', ({ quiet }) => quiet?.kind === 'maintenance'),
    counted('silenced', ({ quiet }) => quiet?.kind === 'silence'),
    counted('held by what they need', (service) => heldBy(service)?.kind === 'dependency'),
    counted('flapping', ({ record }) => (record.flapping ?? null) !== null),
  ];
  return [...statuses, ...notes].filter((text) => text !== '').join(', ');
}

function lastRunText(run: LastRun, now: number): string {
  if (run === null) return 'no run has ended yet';
  return `the last run ended ${ago(run.ended, now)} ago, exit code ${run.exit_code}`;
}
