import type { Json } from '../words/json.ts';
import { isObject } from '../words/json.ts';
import { showDuration } from '../words/duration-text.ts';
import type { EventKind } from '../words/event.ts';
import type { Result } from '../words/result.ts';
import { safeLine } from '../words/safe-text.ts';
import { alignColumns, type Cell } from './columns.ts';
import type { Exchange, Explained, ExplainedCommand, ExplainedDecision } from './explained.ts';
import { dim, paint } from './paint.ts';

export interface ExplainedOptions {
  readonly color: boolean;
  /** all lines of the transcript, and not the first ones of each turn */
  readonly verbose: boolean;
}

/** For people: a paragraph for each part, those without anything to say left out. */
export function renderExplained(explained: Explained, { color, verbose }: ExplainedOptions): string {
  const { result, config, decision } = explained;
  const parts: readonly (readonly [string, readonly string[]])[] = [
    ['config', Object.entries(config).map(([key, value]) => `${key}: ${flow(value)}`)],
    ['addresses', addresses(explained)],
    ['phases', phases(explained)],
    ['TLS', tls(result)],
    ['commands', explained.commands.map(commandLine)],
    ['transcript', explained.transcript.flatMap((one) => exchangeLines(one, verbose))],
    [
      'facts',
      Object.entries(result.facts)
        .filter(([name]) => name !== 'certs')
        .map(([name, value]) => `${name}: ${flow(value)}`),
    ],
    ['expected', expectations(explained)],
    [
      'result',
      [paint(`${result.status}: ${safeLine(result.summary)}`, result.status, color), ...reasons(result)],
    ],
    ['decision', decisionLines(decision)],
    ['hooks', hookLines(decision)],
  ];
  return parts
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => `${dim(title, color)}\n${lines.map((line) => `  ${line}\n`).join('')}`)
    .join('\n');
}

const LINE_MAX = 300;

function flow(value: Json): string {
  return safeLine(typeof value === 'string' ? value : JSON.stringify(value), LINE_MAX);
}

function addresses({ resolved, result, connections }: Explained): readonly string[] {
  return [
    ...resolved.map(({ host, addresses: found }) => `${safeLine(host)} is ${found.join(', ')}`),
    ...result.addresses.map(
      ({ address, status, duration_ms, reason }) =>
        `${address}: ${status} after ${showDuration(duration_ms)}${reason === null ? '' : `: ${safeLine(reason.text)}`}`,
    ),
    ...connections.map(
      ({ peer, sent, received }) =>
        `${safeLine(peer)}: ${sent} bytes sent, ${received} received, as on the wire`,
    ),
  ];
}

function phases({ phases: known, result }: Explained): readonly string[] {
  const rows = known.map(({ phase, duration_ms, sent, received }): Cell[] => [
    { text: phase },
    { text: showDuration(duration_ms), align: 'right' },
    { text: [bytes(sent, 'sent'), bytes(received, 'received')].filter((text) => text !== '').join(', ') },
  ]);
  const total: Cell[] = [
    { text: 'total' },
    { text: showDuration(result.duration_ms ?? 0), align: 'right' },
    { text: '' },
  ];
  return rows.length === 0 ? [] : linesOf([...rows, total]);
}

function bytes(count: number | null, what: string): string {
  return count === null ? '' : `${count} ${count === 1 ? 'byte' : 'bytes'} ${what}`;
}

function tls({ facts }: Result): readonly string[] {
  const { tls_version, cipher, alpn, certs } = facts;
  if (typeof tls_version !== 'string') return [];
  const chain = Array.isArray(certs) ? (certs as readonly Json[]).filter((one) => isObject(one)) : [];
  const said = (value: Json | undefined) => (value === undefined || value === null ? '?' : flow(value));
  return [
    `TLS ${tls_version}, ${said(cipher)}${typeof alpn === 'string' ? `, ${flow(alpn)} by ALPN` : ''}`,
    ...chain.map(
      ({ subject, issuer, not_before, not_after, days }) =>
        `${said(subject)}, issued by ${said(issuer)}, from ${said(not_before)} to ${said(not_after)}: ${said(days)} days left`,
    ),
  ];
}

function commandLine({ argv, exit_code, signal }: ExplainedCommand): string {
  const end = exit_code === null ? `ended by ${signal ?? 'a signal'}` : `exited with ${exit_code}`;
  return `${flow([...argv])} ${end}`;
}

/** Of each turn, unless all is wanted. */
const TURN_LINES = 25;

function exchangeLines(
  { peer, direction, bytes: count, text, cut }: Exchange,
  verbose: boolean,
): readonly string[] {
  const mark = direction === 'sent' ? '>' : '<';
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  const shown = verbose ? lines : lines.slice(0, TURN_LINES);
  const more = shown.length < lines.length ? ` (-v shows ${lines.length} lines)` : '';
  return [
    `${direction === 'sent' ? 'to' : 'from'} ${safeLine(peer)}:`,
    ...shown.map((line) => `${mark} ${line}`.trimEnd()),
    ...(cut || more !== '' ? [`${mark} … ${count} bytes in all${more}`] : []),
  ];
}

const OUTCOMES = {
  holds: 'ok',
  unmet: 'NOT MET',
  not_seen: 'not seen',
  does_not_apply: 'does not apply',
} as const;

function expectations({ expectations: all }: Explained): readonly string[] {
  return linesOf(
    all.map(({ section, fact, expected, got, outcome }) => [
      { text: OUTCOMES[outcome] },
      { text: section },
      { text: safeLine(fact) },
      { text: `expected ${safeLine(expected, LINE_MAX)}, got ${got === null ? 'nothing' : flow(got)}` },
    ]),
  );
}

function reasons({ reasons: all }: Result): readonly string[] {
  return all.map(
    ({ status, code, phase, text }) => `${status} (${code}, ${phase}): ${safeLine(text, LINE_MAX)}`,
  );
}

function decisionLines({
  now,
  held,
  counts,
  next,
  holds,
  told,
  notes,
}: ExplainedDecision): readonly string[] {
  const announced = now.length === 0 ? 'nothing would be announced' : `would be announced: ${onNames(now)}`;
  return [
    announced,
    ...(held === null ? [] : [`held back: ${onNames(held.events)} (${safeLine(held.cause)})`]),
    ...[
      ...counts,
      ...next.map((line) => `next: ${line}`),
      ...holds,
      ...told.map((line) => `hooks would know then: ${line}`),
      ...notes,
    ].map((line) => safeLine(line, LINE_MAX)),
  ];
}

function hookLines({ hooks }: ExplainedDecision): readonly string[] {
  return hooks.map(({ event, path, runs, why }) =>
    path === null
      ? `on_${event}: no hook: ${safeLine(why, LINE_MAX)}`
      : `on_${event}: ${safeLine(path)} ${runs ? 'would run' : 'not called'}: ${safeLine(why, LINE_MAX)}`,
  );
}

function onNames(events: readonly EventKind[]): string {
  return events.map((event) => `on_${event}`).join(', ');
}

function linesOf(rows: readonly (readonly Cell[])[]): readonly string[] {
  return alignColumns(rows)
    .split('\n')
    .filter((line) => line !== '');
}
