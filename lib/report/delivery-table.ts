import type { Delivery, DeliveryState } from '../words/delivery.ts';
import { showDuration } from '../words/duration-text.ts';
import { safeLine } from '../words/safe-text.ts';
import type { Status } from '../words/status.ts';
import { alignColumns, type Cell } from './columns.ts';
import { jsonLine } from './json-line.ts';
import { dim, paint } from './paint.ts';

export interface DeliveryTableOptions {
  readonly color: boolean;
  /** ms since 1970 */
  readonly now: number;
  /** no line is longer; null: as long as they come */
  readonly columns: number | null;
  /** also what hooks printed */
  readonly verbose: boolean;
}

/** Of an id: enough to name an event by. More where that is not one event. */
const ID_SHOWN = 12;
const NARROWEST = 12;
const HEAD = ['STATE', 'AGE', 'EVENT', 'SERVICE', 'HOOK', 'TRIES', 'ID', 'WHAT'];

/** For `puptime events`: a line for each event and hook, in the order given. Empty for none. */
export function renderDeliveryTable(deliveries: readonly Delivery[], options: DeliveryTableOptions): string {
  if (deliveries.length === 0) return '';
  const { color, verbose } = options;
  const widths = widthsFor(deliveries, options);
  const head = HEAD.map((text): Cell => ({ text, show: (word) => dim(word, color) }));
  const rows = deliveries.map((delivery) => row(delivery, widths, options));
  const [first = '', ...lines] = alignColumns([head, ...rows])
    .split('\n')
    .slice(0, -1);
  const shown = lines.map((line, at) => `${line}\n${verbose ? outputOf(deliveries[at]) : ''}`);
  return `${first}\n${shown.join('')}`;
}

/** The same for programs: one JSON object on each line. */
export function renderDeliveryLines(deliveries: readonly Delivery[]): string {
  return deliveries.map(jsonLine).join('');
}

/** The same as one JSON list. */
export function renderDeliveryList(deliveries: readonly Delivery[]): string {
  const lines = deliveries.map((delivery) => jsonLine(delivery).trimEnd());
  return lines.length === 0 ? '[]\n' : `[\n${lines.join(',\n')}\n]\n`;
}

/** `on_down`, `on_down.d/10-mail`: the path as one says it within a hooks directory. */
export function shortHook(path: string | null): string {
  if (path === null) return '-';
  const [name = path, above = ''] = path.split('/').reverse();
  return safeLine(above.endsWith('.d') ? `${above}/${name}` : name);
}

interface Widths {
  readonly service: number;
  readonly hook: number;
  readonly id: number;
  readonly what: number;
}

/** What has no bound of its own shares what the other columns leave: a third each for services and hooks at most. */
function widthsFor(deliveries: readonly Delivery[], { columns, now }: DeliveryTableOptions): Widths {
  const id = idWidth(deliveries);
  if (columns === null) return { service: 200, hook: 200, id, what: 500 };
  const longest = (texts: readonly string[], head: string) =>
    Math.max(head.length, ...texts.map((text) => Array.from(text).length));
  const fixed = [
    longest(
      deliveries.map(({ state }) => state),
      'STATE',
    ),
    longest(
      deliveries.map((delivery) => timeOf(delivery, now)),
      'AGE',
    ),
    longest(
      deliveries.map(({ event }) => event ?? '-'),
      'EVENT',
    ),
    longest(
      deliveries.map(({ attempts }) => String(attempts)),
      'TRIES',
    ),
    id,
  ];
  const left = columns - fixed.reduce((sum, width) => sum + width + 2, 0) - 4;
  const share = Math.max(NARROWEST, Math.floor(left / 3));
  const service = Math.min(share, longest(deliveries.map(serviceOf), 'SERVICE'));
  const hook = Math.min(
    share,
    longest(
      deliveries.map((delivery) => shortHook(delivery.hook)),
      'HOOK',
    ),
  );
  return { service, hook, id, what: Math.max(NARROWEST, left - service - hook) };
}

/** As in git: as short as it may be while it is still one event’s. */
function idWidth(deliveries: readonly Delivery[]): number {
  const ids = [...new Set(deliveries.map(({ id }) => id))].sort();
  let width = ID_SHOWN;
  for (const [at, id] of ids.entries()) {
    const next = ids[at + 1] ?? '';
    while (width < id.length && next.startsWith(id.slice(0, width))) width += 1;
  }
  return width;
}

function row(delivery: Delivery, widths: Widths, { color, now }: DeliveryTableOptions): readonly Cell[] {
  const { state, event, hook, attempts, id } = delivery;
  return [
    { text: state, show: (text) => colour(text, state, color) },
    { text: timeOf(delivery, now) },
    { text: event ?? '-' },
    { text: safeLine(serviceOf(delivery), widths.service) },
    { text: safeLine(shortHook(hook), widths.hook) },
    { text: String(attempts), align: 'right' },
    { text: safeLine(id).slice(0, widths.id) },
    { text: safeLine(whatOf(delivery, now), widths.what) },
  ];
}

function serviceOf({ service }: Delivery): string {
  return service === null ? '-' : safeLine(service);
}

/** How long ago it was: the event, or the end of a delivery of which no more is known. */
function timeOf({ time, ended }: Delivery, now: number): string {
  const moment = time ?? ended;
  return moment === null ? '-' : showDuration(Math.max(0, now - Date.parse(moment)));
}

/** What will be, or why it is as it is. */
function whatOf({ state, next, reason, summary }: Delivery, now: number): string {
  const words = reason ?? (state === 'done' ? '' : (summary ?? ''));
  if (next === null) return words;
  const left_ms = Date.parse(next) - now;
  return `${left_ms <= 0 ? 'due' : `next in ${showDuration(left_ms)}`}${words === '' ? '' : `; ${words}`}`;
}

const LIKE: Readonly<Record<DeliveryState, Status>> = {
  unacknowledged: 'degraded',
  waiting: 'degraded',
  refused: 'down',
  started: 'degraded',
  failed: 'degraded',
  done: 'up',
  dropped: 'unknown',
  dead: 'down',
};

function colour(text: string, state: DeliveryState, color: boolean): string {
  return paint(text, LIKE[state], color);
}

function outputOf(delivery: Delivery | undefined): string {
  const output = delivery?.output ?? '';
  if (output === '') return '';
  return `${output
    .split('\n')
    .map((line) => `  | ${line}`)
    .join('\n')}\n`;
}
