import { ISOLATION, type ServiceRecord } from '../words/record.ts';
import type { ResultBody, RunInfo } from '../words/result.ts';

import type { Decision } from './decide.ts';
import { draft, previousOf } from './draft.ts';
import { slim, whole } from './remembered.ts';
import { endIncident, showLasted } from './incident.ts';
import { unprobed } from './unprobed.ts';

export type LeavingCause = 'removed' | 'disabled';

/** What a config says about who is in it. */
export interface Roster {
  readonly files: readonly string[];
  /** name of every service in it to whether it is enabled, whatever was selected for this run */
  readonly services: ReadonlyMap<string, boolean>;
}

/**
 * Why a remembered service is to be let go; null when it is not. Only the same set of files that owned it can say
 * that it is gone: another `-c` knows nothing of it.
 */
export function leavingCause(record: ServiceRecord, roster: Roster): LeavingCause | null {
  if (record.gone !== null || record.service === ISOLATION) return null;
  const enabled = roster.services.get(record.service);
  if (enabled !== undefined) return enabled ? null : 'disabled';
  return isSameSet(record.files, roster.files) ? 'removed' : null;
}

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.every((item) => b.includes(item)) && b.every((item) => a.includes(item));
}

export interface RemovedInput {
  readonly record: ServiceRecord;
  readonly cause: LeavingCause;
  /** of this run, RFC 3339 UTC */
  readonly time: string;
  readonly run: RunInfo;
}

/**
 * A service that has left the config. One that was announced down is owed its on_up. Nothing is known of it any
 * more, so its status is unknown; what it was like stays remembered, should it come back.
 */
export function decideRemoved({ record, cause, time, run }: RemovedInput): Decision {
  if (record.gone !== null) return { record, drafts: [], changed: false };
  const after = slim({
    ...whole(record),
    status: 'unknown',
    since: time,
    streak: null,
    incident: null,
    told: { down: false, slow: false, other: false, degraded: false },
    slow: [],
    other: [],
    window: [],
    unknown: null,
    phases: {},
    outcomes: [],
    owed: null,
    announced: null,
    held: null,
    flips: '',
    flapping: null,
    gone: time,
  });
  if (!record.told.down && record.told.perhaps !== true) return { record: after, drafts: [], changed: false };
  const { incident } = record;
  const lasted = incident === null ? '' : `, down for ${showLasted(incident, time)} by then`;
  const summary = `not watched any more (${cause})${lasted}`;
  const telling = { cause, previous: previousOf(record), incident: incident && endIncident(incident, time) };
  return {
    record: after,
    drafts: [draft('up', bodyFrom(record, summary, time, run), telling)],
    changed: true,
  };
}

function bodyFrom(record: ServiceRecord, summary: string, time: string, run: RunInfo): ResultBody {
  const nothing = { description: null, group: null, tags: [], vars: {}, runbook: null, hint: null };
  return {
    service: record.service,
    type: record.type,
    target: record.target,
    ...(record.about ?? nothing),
    ...unprobed(summary, time, run),
  };
}
