import type { ServiceRecord } from '../words/record.ts';
import { STATUS_NUMBER } from '../words/status.ts';
import { type Family, renderFamilies, type Sample, sampleOf } from './exposition.ts';
import {
  heldBy,
  lastDuration,
  type Remembered,
  type RememberedState,
  unconfirmedFailures,
  uptimeOf,
} from './remembered-state.ts';

/**
 * `puptime status` for the textfile collector: from memory alone, so that it tells the same whenever it is asked. Names of its own: a
 * collector may read the metrics of a run beside it.
 */
export function renderStatusMetrics({ services, lastRun, cutOff }: RememberedState): string {
  const each = (samples: (service: Remembered) => readonly Sample[]): readonly Sample[] =>
    services.flatMap((service) =>
      samples(service).map(([labels, value]): Sample => [
        { service: service.record.service, ...labels },
        value,
      ]),
    );
  const ofRecord = (value: (record: ServiceRecord) => unknown, factor = 1) =>
    each(({ record }) => sampleOf({}, value(record), factor));
  const families: readonly Family[] = [
    {
      name: 'puptime_service_status',
      help: 'Confirmed status: 0 up, 1 degraded, 2 down, 3 unknown.',
      samples: each(({ record: { type, about, status } }) => [
        [{ type, group: about?.group ?? '' }, STATUS_NUMBER[status]],
      ]),
    },
    {
      name: 'puptime_service_since_seconds',
      help: 'Since when it has that status, seconds since 1970.',
      samples: ofRecord(({ since }) => Date.parse(since), SECONDS),
    },
    {
      name: 'puptime_service_probed_seconds',
      help: 'When its last probe began, seconds since 1970.',
      samples: ofRecord(({ started }) => Date.parse(started), SECONDS),
    },
    {
      name: 'puptime_service_duration_seconds',
      help: 'How long its last probe took.',
      samples: ofRecord(lastDuration, SECONDS),
    },
    {
      name: 'puptime_service_unconfirmed_failures',
      help: 'Failing results in a row that are not confirmed to be an outage.',
      samples: ofRecord(unconfirmedFailures),
    },
    {
      name: 'puptime_service_uptime_ratio',
      help: 'Of the remembered results (at most 20) that are known, the share that was not down.',
      samples: ofRecord((record) => uptimeOf(record).share),
    },
    {
      name: 'puptime_service_cannot_tell',
      help: '1 while puptime cannot tell how it is.',
      samples: ofRecord(({ unknown }) => unknown !== null),
    },
    {
      name: 'puptime_service_flapping',
      help: '1 while it goes up and down too often.',
      samples: ofRecord(({ flapping }) => (flapping ?? null) !== null),
    },
    {
      name: 'puptime_service_held',
      help: '1 while something keeps its bad news back: maintenance, silence, dependency, isolation, flapping.',
      samples: each((service) => {
        const held = heldBy(service);
        return held === null ? [] : [[{ kind: held.kind }, 1]];
      }),
    },
    { name: 'puptime_isolated', help: '1 while no canary answers.', samples: sampleOf({}, cutOff !== null) },
    {
      name: 'puptime_run_ended_seconds',
      help: 'When the last run ended, seconds since 1970.',
      samples: lastRun === null ? [] : sampleOf({}, Date.parse(lastRun.ended), SECONDS),
    },
    {
      name: 'puptime_run_exit_code',
      help: 'With what the last run ended.',
      samples: sampleOf({}, lastRun?.exit_code),
    },
  ];
  return renderFamilies(families);
}

/** From milliseconds. */
const SECONDS = 1 / 1000;
