import { isObject } from '../words/json.ts';
import { safeLine } from '../words/safe-text.ts';
import { STATUS_NUMBER } from '../words/status.ts';
import type { Timings } from '../words/result.ts';
import type { Reported } from './reported.ts';

type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

interface Family {
  readonly name: string;
  readonly help: string;
  samples(result: Reported): readonly Sample[];
}

const FAMILIES: readonly Family[] = [
  {
    name: 'puptime_status',
    help: 'Verdict of the last probe: 0 up, 1 degraded, 2 down, 3 unknown.',
    samples: ({ type, group, status }) => [[{ type, group: group ?? '' }, STATUS_NUMBER[status]]],
  },
  {
    name: 'puptime_duration_seconds',
    help: 'How long the last probe took.',
    samples: ({ duration_ms }) => number({}, duration_ms, 1 / 1000),
  },
  {
    name: 'puptime_phase_seconds',
    help: 'How long each phase of the last probe took.',
    samples: ({ timings }) => phases(timings),
  },
  {
    name: 'puptime_probe_time_seconds',
    help: 'When the last probe began, seconds since 1970.',
    samples: ({ time }) => number({}, Date.parse(time), 1 / 1000),
  },
  {
    name: 'puptime_fact',
    help: 'Facts that are numbers, or true (1) or false (0), in their own unit.',
    samples: ({ facts }) => Object.entries(facts).flatMap(([fact, value]) => number({ fact }, value)),
  },
  {
    name: 'puptime_metric',
    help: 'Numbers that the service or the command told of itself.',
    samples: ({ metrics }) =>
      Object.entries(metrics).flatMap(([metric, value]) =>
        number({ metric }, isObject(value) ? value.value : value),
      ),
  },
];

/** The text exposition format, version 0.0.4, for the textfile collector: all are gauges, none has a time of its own. */
export function renderPrometheus(results: readonly Reported[]): string {
  return FAMILIES.map((family) => showFamily(family, results)).join('');
}

function showFamily({ name, help, samples }: Family, results: readonly Reported[]): string {
  const lines = new Map<string, string>();
  for (const result of results) {
    for (const [labels, value] of samples(result)) {
      const series = `${name}{${showLabels({ service: result.service, ...labels })}}`;
      // Twice the same series, and the collector refuses the whole file: two names may look alike once made safe.
      if (!lines.has(series)) lines.set(series, `${series} ${value}\n`);
    }
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

function phases(timings: Timings): readonly Sample[] {
  return Object.entries(timings).flatMap(([key, value]) =>
    number({ phase: key.replace(/_ms$/, '') }, value, 1 / 1000),
  );
}

function number(labels: Readonly<Record<string, string>>, value: unknown, factor = 1): readonly Sample[] {
  if (typeof value === 'boolean') return [[labels, Number(value)]];
  return typeof value === 'number' && Number.isFinite(value)
    ? [[labels, Number((value * factor).toFixed(9))]]
    : [];
}
