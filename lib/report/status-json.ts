import { jsonLine } from './json-line.ts';
import { type Remembered, type RememberedState, heldBy, uptimeOf } from './remembered-state.ts';

/** `puptime status` for programs: one JSON object per service and line, in the order given. */
export function renderStatusLines(state: RememberedState): string {
  return state.services.map((service) => jsonLine(statusOf(service, state))).join('');
}

/** The same as one JSON list. */
export function renderStatusList(state: RememberedState): string {
  const lines = state.services.map((service) => jsonLine(statusOf(service, state)).trimEnd());
  return lines.length === 0 ? '[]\n' : `[\n${lines.join(',\n')}\n]\n`;
}

/** docs/operating.md lists the fields: within v1 some are only added. */
function statusOf(service: Remembered, { lastRun, cutOff }: RememberedState) {
  const { record } = service;
  const { about, streak, slow, other } = record;
  return {
    schema: 'puptime.status.v1',
    service: record.service,
    status: record.status,
    since: record.since,
    time: record.time,
    started: record.started,
    type: record.type,
    target: record.target,
    group: about?.group ?? null,
    tags: about?.tags ?? [],
    summary: record.summary,
    reason: record.reason,
    failures: streak?.failing === true ? streak.count : 0,
    incident: record.incident,
    announced: record.announced ?? null,
    degraded_by: [...slow.map((cause) => `slow:${cause}`), ...other],
    unknown: record.unknown,
    held: heldBy(service),
    flapping: record.flapping ?? null,
    uptime: uptimeOf(record),
    recent: record.recent,
    isolated: cutOff,
    last_run: lastRun,
  };
}
