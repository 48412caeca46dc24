import type { Facts } from '../words/fact.ts';
import { type Json, type JsonObject, isObject } from '../words/json.ts';
import type { Reason } from '../words/reason.ts';
import type { Result, RunInfo } from '../words/result.ts';
import { safeLine, safeText } from '../words/safe-text.ts';
import { summarise } from '../words/summary.ts';
import type { Job } from './job.ts';
import type { Probed } from './probe-service.ts';

/** Characters kept of a text while the service is up, of a big fact, and while it is not up. */
const KEPT = { good: 2048, big: 4096, bad: 65_536 } as const;
/** Entries kept of a list or map. */
const KEPT_ENTRIES = 200;
const KEPT_DEPTH = 8;

/**
 * What was probed as one flat result: foreign text safe and bounded, secrets as `***`. They are hidden in values alone
 * and before anything is cut: a password `degraded` must not rename a status, nor half of it stay at a cut.
 */
export function resultOf(job: Job, { outcome, attempts, started, watched }: Probed, run: RunInfo): Result {
  const { reading, status, reasons } = outcome;
  const keeper = createKeeper(status === 'up' ? KEPT.good : KEPT.bad, job);
  const safeReasons = reasons.map((reason) => keeper.reason(reason));
  const [reason = null] = safeReasons;
  const facts = keepFacts(reading.facts, job, status !== 'up', keeper);
  const metrics = keeper.json(job.redact(reading.metrics)) as JsonObject;
  const output = reading.output === null ? null : keeper.text(job.redact(reading.output));
  return {
    schema: 'puptime.result.v1',
    service: job.service.name,
    status,
    summary: summarise(reason, { port: reading.address?.port ?? null, duration_ms: reading.duration_ms }),
    reason,
    reasons: safeReasons,
    time: new Date(outcome.began).toISOString(),
    type: job.service.type,
    target: job.redact(job.target),
    address: reading.address?.ip ?? null,
    family: reading.address?.family ?? null,
    addresses: outcome.addresses.map((tried) => ({
      ...tried,
      reason: tried.reason && keeper.reason(tried.reason),
    })),
    duration_ms: reading.duration_ms,
    timings: reading.timings,
    facts,
    metrics,
    output,
    truncated: keeper.truncated(),
    attempts: attempts.map((attempt) => ({
      ...attempt,
      reason: attempt.reason && keeper.reason(attempt.reason),
    })),
    ...aboutOf(job),
    run,
    test: false,
    watched,
    started: new Date(started).toISOString(),
  };
}

function aboutOf({ about, redact }: Job): Job['about'] {
  const { description, group, tags, vars, runbook, hint } = about;
  return {
    description: redact(description),
    group: redact(group),
    tags: redact(tags),
    vars: hideSecrets(vars, { redact }),
    runbook: redact(runbook),
    hint: redact(hint),
  };
}

/** The names at the top are the prober’s or the config’s own. */
function hideSecrets<Values extends Facts>(values: Values, { redact }: Pick<Job, 'redact'>): Values {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, redact(value)])) as Values;
}

function keepFacts(facts: Facts, job: Job, all: boolean, keeper: Keeper): JsonObject {
  const kept: { [name: string]: Json } = {};
  for (const [name, value] of Object.entries(hideSecrets(facts, job))) {
    const spec = job.facts[name];
    if (value === undefined || spec === undefined) continue;
    if (spec.big !== true) kept[name] = keeper.json(value);
    else if (all || job.service.keep.includes(name)) kept[name] = keeper.big(value);
  }
  return kept;
}

interface Keeper {
  text(value: string): string;
  json(value: Json): Json;
  big(value: Json): Json;
  reason(reason: Reason): Reason;
  /** whether anything was cut so far */
  truncated(): boolean;
}

function createKeeper(max: number, { redact }: Pick<Job, 'redact'>): Keeper {
  let cut = false;
  const text = (value: string, limit: number) => {
    if (value.length > limit) cut = true;
    return safeText(value, limit);
  };
  const keep = (value: Json, limit: number, depth: number): Json => {
    if (typeof value === 'string') return text(value, limit);
    if (typeof value === 'number') return Number.isFinite(value) ? value : null;
    if (typeof value !== 'object' || value === null) return value;
    const entries: [string, Json][] = Object.entries(value);
    if (depth === 0 || entries.length > KEPT_ENTRIES) cut = true;
    const kept =
      depth === 0
        ? []
        : entries.slice(0, KEPT_ENTRIES).map(([key, entry]) => [key, keep(entry, limit, depth - 1)] as const);
    return isObject(value)
      ? Object.fromEntries(kept.map(([key, entry]) => [safeLine(key), entry]))
      : kept.map(([, entry]) => entry);
  };
  return {
    text: (value) => text(value, max),
    json: (value) => keep(value, max, KEPT_DEPTH),
    big: (value) => {
      const whole = typeof value === 'string' || JSON.stringify(value).length <= KEPT.big;
      if (whole) return keep(value, KEPT.big, KEPT_DEPTH);
      cut = true;
      return safeText(JSON.stringify(value), KEPT.big);
    },
    reason: (reason) => ({
      ...reason,
      text: safeLine(redact(reason.text), 500),
      expected: keep(redact(reason.expected), KEPT.good, KEPT_DEPTH),
      got: keep(redact(reason.got), KEPT.good, KEPT_DEPTH),
    }),
    truncated: () => cut,
  };
}
