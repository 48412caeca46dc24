import type { Event, EventKind } from '../words/event.ts';
import type { Reason } from '../words/reason.ts';
import type { RunInfo } from '../words/result.ts';
import type { Service } from '../words/service.ts';
import type { Status } from '../words/status.ts';

export interface SampleRequest {
  readonly kind: EventKind;
  /** whose event it is; null: of an invented one */
  readonly service: Pick<Service, 'name' | 'type' | 'about'> | null;
  /** as shown: without secrets; null for a command or an invented service */
  readonly target: string | null;
  /** ms since the epoch */
  readonly now: number;
  readonly run: RunInfo;
  /** makes its id */
  readonly unique: string;
}

/** A full event as a hook may get it one day, marked `"test": true`. Nothing of it has happened. */
export function sampleEvent({ kind, service, target, now, run, unique }: SampleRequest): Event {
  const time = at(now);
  const began = at(now - 754_000);
  const story = STORIES[kind];
  const reason = story.reason;
  return {
    schema: 'puptime.event.v1',
    id: `test-${unique}`,
    event: kind,
    cause: CAUSES[kind] ?? null,
    service: OWN_TYPES[kind] !== undefined ? 'puptime' : (service?.name ?? 'sample'),
    status: story.status,
    summary: story.summary,
    reason,
    reasons: reason === null ? [] : [reason],
    time,
    type: OWN_TYPES[kind] ?? service?.type ?? 'redis',
    target: service === null ? 'redis://:***@cache.example.org:6379/0' : target,
    address: '192.0.2.7',
    family: 4,
    addresses: [{ address: '192.0.2.7', family: 4, status: story.status, reason, duration_ms: 2.3 }],
    duration_ms: 2.3,
    timings: { resolve_ms: 0.4, connect_ms: 0.6, tls_ms: null, first_byte_ms: 1.2, transfer_ms: 0.1 },
    facts: { version: '7.2.4', role: 'master' },
    metrics: {},
    output: null,
    truncated: false,
    attempts: [{ time, status: story.status, reason, duration_ms: 2.3 }],
    description: service?.about.description ?? 'a sample, made by puptime hook test',
    group: service?.about.group ?? 'sample',
    tags: service?.about.tags ?? ['sample'],
    vars: service?.about.vars ?? { contact: 'nobody' },
    runbook: service?.about.runbook ?? 'https://example.org/runbook',
    hint: service?.about.hint ?? null,
    run,
    test: true,
    previous: story.previous === null ? null : { status: story.previous, since: began, time: began },
    since: kind === 'reminder' ? began : time,
    failures: story.status === 'down' ? 2 : 0,
    incident: incidentOf(kind, began, time, unique),
    change: kind === 'change' ? CHANGE : null,
    gap_ms: null,
    results_file: null,
    delivery: null,
  };
}

const CAUSES: { readonly [kind in EventKind]?: string } = {
  dead: 'exit code 1',
  flapping: 'started',
  isolated: 'started',
};
/** Events about puptime itself. */
const OWN_TYPES: { readonly [kind in EventKind]?: string } = { run: 'run', isolated: 'canaries' };

const DOWN: Reason = reasonOf('down', 'refused', 'connect', 'port 6379 refused the connection');
const SLOW: Reason = reasonOf(
  'degraded',
  'slow',
  'protocol',
  'the mean of the last 3 is 1204 ms, expected at most 800 ms',
);
const EXPIRING: Reason = reasonOf('degraded', 'expiring', 'expect', 'cert_days is 9, expected >= 14');
const UNKNOWN: Reason = reasonOf(
  'unknown',
  'tool_missing',
  'connect',
  'the program fping is not installed here',
);
const ISOLATED: Reason = reasonOf(
  'unknown',
  'isolated',
  'connect',
  'no canary answers, so this host is cut off, not the service',
);
const CHANGE = { fact: 'version', before: '7.2.3', after: '7.2.4', diff: '- 7.2.3\n+ 7.2.4' };

interface Story {
  readonly status: Status;
  readonly previous: Status | null;
  readonly summary: string;
  readonly reason: Reason | null;
}

const STORIES: { readonly [kind in EventKind]: Story } = {
  result: story('up', 'up', 'up in 2.3 ms', null),
  first: story('up', null, 'up in 2.3 ms', null),
  down: story('down', 'up', 'port 6379 refused the connection (refused)', DOWN),
  up: story('up', 'down', 'up in 2.3 ms', null),
  slow: story('degraded', 'up', 'slower than its limit (slow)', SLOW),
  degraded: story('degraded', 'up', 'a certificate ends in 9 days (expiring)', EXPIRING),
  restore: story('up', 'degraded', 'up in 2.3 ms', null),
  change: story('up', 'up', 'version changed', null),
  unknown: story('unknown', 'up', 'a program that is needed is not installed (tool_missing)', UNKNOWN),
  reminder: story('down', 'down', 'port 6379 refused the connection (refused)', DOWN),
  flapping: story('down', 'up', 'started flapping: 6 times up or down in its last 20 runs', DOWN),
  isolated: story('unknown', 'up', 'none of 2 canaries answers: this host is cut off (isolated)', ISOLATED),
  run: story('down', null, '3 services probed: 2 up, 1 down', null),
  dead: story('down', 'up', 'on_down for sample given up after 14 attempts: exit code 1', DOWN),
};

function story(status: Status, previous: Status | null, summary: string, reason: Reason | null): Story {
  return { status, previous, summary, reason };
}

function reasonOf(
  status: Reason['status'],
  code: Reason['code'],
  phase: Reason['phase'],
  text: string,
): Reason {
  return { status, code, phase, text, expected: null, got: null, fact: null };
}

function incidentOf(kind: EventKind, started: string, time: string, unique: string): Event['incident'] {
  const id = `test-incident-${unique}`;
  switch (kind) {
    case 'down':
    case 'dead':
    case 'flapping':
      return { id, started: time, ended: null, duration_s: null, reminders: 0 };
    case 'reminder':
      return { id, started, ended: null, duration_s: null, reminders: 1 };
    case 'up':
      return { id, started, ended: time, duration_s: 754, reminders: 0 };
    default:
      return null;
  }
}

function at(ms: number): string {
  return new Date(ms).toISOString();
}
