import { RECENT_MAX, STATUS_LETTER, type ServiceRecord, type WholeRecord } from '../words/record.ts';
import type { Result } from '../words/result.ts';
import type { ServiceHooks } from '../words/service.ts';

type Who = Pick<
  ServiceRecord,
  'service' | 'files' | 'type' | 'target' | 'about' | 'hooks' | 'started' | 'gone'
>;

/** What a record keeps of the service itself, so that an event can still be made when the config has lost it. */
export function whoOf(input: {
  readonly result: Result;
  readonly hooks: ServiceHooks;
  readonly files: readonly string[];
}): Who {
  const { result, hooks, files } = input;
  return {
    service: result.service,
    files,
    type: result.type,
    target: result.target,
    about: aboutOf(result),
    hooks:
      hooks.replace || Object.keys(hooks.run).length > 0 ? { replace: hooks.replace, run: hooks.run } : null,
    started: result.started,
    gone: null,
  };
}

function aboutOf({ description, group, tags, vars, runbook, hint }: Result): ServiceRecord['about'] {
  const says = [description, group, runbook, hint].some((text) => text !== null) || tags.length > 0;
  return says || Object.keys(vars).length > 0 ? { description, group, tags, vars, runbook, hint } : null;
}

/** With this result as the newest of the recent ones. */
export function withRecent(record: WholeRecord, { status, duration_ms }: Result): WholeRecord {
  const { letters, durations } = record.recent;
  const duration = duration_ms === null ? null : Math.round(duration_ms * 10) / 10;
  const recent = {
    letters: (letters + STATUS_LETTER[status]).slice(-RECENT_MAX),
    durations: [...durations, duration].slice(-RECENT_MAX),
  };
  return { ...record, recent };
}

/** The memory of a service that was never seen before `time`. */
export function blankRecord(who: Who, time: string): ServiceRecord {
  return {
    service: who.service,
    seq: 0,
    id: null,
    status: 'unknown',
    since: time,
    time: null,
    started: who.started,
    streak: null,
    reason: null,
    summary: '',
    incident: null,
    told: { down: false, slow: false, other: false, degraded: false },
    slow: [],
    other: [],
    window: [],
    unknown: null,
    baseline: {},
    recent: { letters: '', durations: [] },
    files: who.files,
    type: who.type,
    target: who.target,
    about: who.about,
    hooks: who.hooks,
    gone: who.gone,
  };
}

/**
 * With all that a record of an earlier version, or a small one, leaves out. The one place where it is filled in. Field by
 * field, for adding some to a copy (`{...record, owed: null}`) takes V8 fifty times as long, for each service of each run.
 */
export function whole(record: ServiceRecord): WholeRecord {
  return {
    service: record.service,
    seq: record.seq,
    id: record.id,
    status: record.status,
    since: record.since,
    time: record.time,
    started: record.started,
    streak: record.streak,
    reason: record.reason,
    summary: record.summary,
    incident: record.incident,
    told: record.told,
    slow: record.slow,
    other: record.other,
    window: record.window,
    unknown: record.unknown,
    baseline: record.baseline,
    recent: record.recent,
    files: record.files,
    type: record.type,
    target: record.target,
    about: record.about,
    hooks: record.hooks,
    gone: record.gone,
    outcomes: record.outcomes ?? [],
    owed: record.owed ?? null,
    announced: record.announced ?? null,
    held: record.held ?? null,
    flips: record.flips ?? '',
    flapping: record.flapping ?? null,
    phases: record.phases ?? {},
  };
}

/** Without what says nothing: most services are up and have been for long. */
export function slim(record: WholeRecord): ServiceRecord {
  const { outcomes, owed, announced, held, flips, flapping, phases, ...rest } = record;
  return {
    ...rest,
    ...(outcomes.length > 0 && { outcomes }),
    ...(owed !== null && { owed }),
    ...(announced !== null && { announced }),
    ...(held !== null && { held }),
    ...(flips !== '' && { flips }),
    ...(flapping !== null && { flapping }),
    ...(Object.keys(phases).length > 0 && { phases }),
  };
}
