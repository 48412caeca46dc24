import { isObject } from '../words/json.ts';
import { STATUS_NUMBER } from '../words/status.ts';
import type { Timings } from '../words/result.ts';
import { renderFamilies, sampleOf, type Sample } from './exposition.ts';
import type { Reported } from './reported.ts';

interface ResultFamily {
  readonly name: string;
  readonly help: string;
  samples(result: Reported): readonly Sample[];
}

const FAMILIES: readonly ResultFamily[] = [
  {
    name: 'puptime_status',
    help: 'Verdict of the last probe: 0 up, 1 degraded, 2 down, 3 unknown.',
    samples: ({ type, group, status }) => [[{ type, group: group ?? '' }, STATUS_NUMBER[status]]],
  },
  {
    name: 'puptime_duration_seconds',
    help: 'How long the last probe took.',
    samples: ({ duration_ms }) => sampleOf({}, duration_ms, 1 / 1000),
  },
  {
    name: 'puptime_phase_seconds',
    help: 'How long each phase of the last probe took.',
    samples: ({ timings }) => phases(timings),
  },
  {
    name: 'puptime_probe_time_seconds',
    help: 'When the last probe began, seconds since 1970.',
    samples: ({ time }) => sampleOf({}, Date.parse(time), 1 / 1000),
  },
  {
    name: 'puptime_fact',
    help: 'Facts that are numbers, or true (1) or false (0), in their own unit.',
    samples: ({ facts }) => Object.entries(facts).flatMap(([fact, value]) => sampleOf({ fact }, value)),
  },
  {
    name: 'puptime_metric',
    help: 'Numbers that the service or the command told of itself.',
    samples: ({ metrics }) =>
      Object.entries(metrics).flatMap(([metric, value]) =>
        sampleOf({ metric }, isObject(value) ? value.value : value),
      ),
  },
];

/** Results for the textfile collector. */
export function renderPrometheus(results: readonly Reported[]): string {
  return renderFamilies(
    FAMILIES.map(({ name, help, samples }) => ({
      name,
      help,
      samples: results.flatMap((result) =>
        samples(result).map(([labels, value]): Sample => [{ service: result.service, ...labels }, value]),
      ),
    })),
  );
}

function phases(timings: Timings): readonly Sample[] {
  return Object.entries(timings).flatMap(([key, value]) =>
    sampleOf({ phase: key.replace(/_ms$/, '') }, value, 1 / 1000),
  );
}
