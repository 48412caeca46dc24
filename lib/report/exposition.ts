import { safeLine } from '../words/safe-text.ts';

/** One number with the labels that tell it from others of its family. */
export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** A metric: its samples have no time of their own. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** The text exposition format, version 0.0.4, for the textfile collector: all are gauges. A family without samples is left out. */
export function renderFamilies(families: readonly Family[]): string {
  return families.map(showFamily).join('');
}

/** A number or truth as a sample, times `factor`; none for anything else. */
export function sampleOf(
  labels: Readonly<Record<string, string>>,
  value: unknown,
  factor = 1,
): readonly Sample[] {
  if (typeof value === 'boolean') return [[labels, Number(value)]];
  return typeof value === 'number' && Number.isFinite(value)
    ? [[labels, Number((value * factor).toFixed(9))]]
    : [];
}

function showFamily({ name, help, samples }: Family): string {
  const lines = new Map<string, string>();
  for (const [labels, value] of samples) {
    const shown = showLabels(labels);
    const series = shown === '' ? name : `${name}{${shown}}`;
    // Twice the same series, and the collector refuses the whole file: two names may look alike once made safe.
    if (!lines.has(series)) lines.set(series, `${series} ${value}\n`);
  }
  const head = `# HELP ${name} ${help}\n# TYPE ${name} gauge\n`;
  return lines.size === 0 ? '' : head + [...lines.values()].join('');
}

function showLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}="${safeLine(value).replace(/["\\]/g, '\\$&')}"`)
    .join(',');
}
