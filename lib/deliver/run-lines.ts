import type { Event } from '../words/event.ts';

/** What came through the pipe, for on_run at its end: as the lines of its results file. */
export interface RunLines {
  readonly add: (event: Event) => void;
  /** NDJSON: each result with the kinds of its events, as `run --json` prints it, and the events themselves */
  readonly text: () => string;
}

/** Of more than one can look at, the first ones. */
const MOST_KEPT = 100_000;

export function createRunLines(): RunLines {
  const kept: Event[] = [];
  return {
    add: (event) => {
      if (kept.length < MOST_KEPT) kept.push(event);
    },
    text: () => {
      const kinds = new Map<string, string[]>();
      for (const event of kept) {
        if (event.event === 'result') continue;
        const own = kinds.get(probeOf(event)) ?? [];
        own.push(event.event);
        kinds.set(probeOf(event), own);
      }
      const lines = kept.map((event) =>
        event.event === 'result' ? resultOf(event, kinds.get(probeOf(event)) ?? []) : event,
      );
      return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    },
  };
}

/** All that is told of one probe has its service, time and run. */
function probeOf({ service, time, run }: Event): string {
  return `${service} ${time} ${run.id}`;
}

function resultOf(event: Event, events: readonly string[]): object {
  const { id, cause, previous, since, failures, incident, change, results_file, delivery, ...rest } = event;
  const { event: _, gap_ms: __, ...body } = rest;
  // Of the watched facts an event has only those that changed.
  const started = event.attempts[0]?.time ?? event.time;
  return { ...body, schema: 'puptime.result.v1', watched: null, started, events };
}
