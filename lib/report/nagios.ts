import { isObject, type Json } from '../words/json.ts';
import { safeLine } from '../words/safe-text.ts';
import { STATUSES, worstStatus, type Status } from '../words/status.ts';
import { badFirst, explainLine, type Reported } from './reported.ts';

const WORDS: Readonly<Record<Status, string>> = {
  up: 'OK',
  degraded: 'WARNING',
  down: 'CRITICAL',
  unknown: 'UNKNOWN',
};

/** What is told of each service. */
export type NagiosService = Pick<Reported, 'service' | 'status' | 'summary' | 'duration_ms' | 'metrics'> & {
  readonly reason: { readonly text: string } | null;
};

/**
 * As a Nagios plugin: status line with performance data, then a line for each service when there are several.
 * Source: Monitoring Plugins Development Guidelines, "Plugin Output for Nagios" and "Performance data".
 */
export function renderNagios(results: readonly NagiosService[]): string {
  const worst = worstStatus(results.map(({ status }) => status));
  const [only] = results;
  const headline = results.length === 1 && only !== undefined ? headlineOf(only) : countsOf(results);
  const perfdata = results.flatMap((result) => perfdataOf(result, results.length > 1)).join(' ');
  const lines =
    results.length > 1
      ? badFirst(results).map((result) => `${WORDS[result.status]} ${headlineOf(result)}`)
      : [];
  return `${[`PUPTIME ${WORDS[worst]} - ${headline}${perfdata === '' ? '' : ` | ${perfdata}`}`, ...lines].join('\n')}\n`;
}

/** Without a bar: what follows one is performance data. */
function headlineOf(result: NagiosService): string {
  return `${safeLine(result.service)}: ${explainLine(result)}`.replaceAll('|', '/');
}

function countsOf(results: readonly NagiosService[]): string {
  const counts = STATUSES.map(
    (status) => [status, results.filter((result) => result.status === status).length] as const,
  );
  const shown = counts.filter(([, count]) => count > 0).map(([status, count]) => `${count} ${status}`);
  return `${results.length} services${shown.length > 0 ? `: ${shown.join(', ')}` : ''}`;
}

function perfdataOf({ service, duration_ms, metrics }: NagiosService, named: boolean): readonly string[] {
  const prefix = named ? `${service}.` : '';
  const time = duration_ms === null ? [] : [`${label(`${prefix}time`)}=${round(duration_ms / 1000)}s;;;0`];
  return [
    ...time,
    ...Object.entries(metrics).flatMap(([name, value]) => metric(label(prefix + name), value)),
  ];
}

function metric(name: string, value: Json): readonly string[] {
  const number = isObject(value) ? value.value : value;
  return typeof number === 'number' && Number.isFinite(number) ? [`${name}=${round(number)}`] : [];
}

/** In quotes, which are doubled inside; without the characters that end a label. */
function label(name: string): string {
  return `'${safeLine(name).replace(/[=|]/g, '_').replaceAll("'", "''")}'`;
}

/** Plain decimals: a plugin's numbers know no exponent. */
function round(value: number): string {
  return value.toFixed(6).replace(/\.?0+$/, '');
}
