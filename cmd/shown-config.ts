import type { Job } from '../lib/probe/job.ts';
import { isObject, type Json, type JsonObject } from '../lib/words/json.ts';
import type { Policy, Quorum, Remind } from '../lib/words/policy.ts';
import type { ServiceHooks } from '../lib/words/service.ts';
import type { Window } from '../lib/words/window.ts';

/**
 * A service by the keys of a config, defaults put in, what is off or empty left out. References stay as written, so that
 * their values are not in it; what was written down openly and is a secret (a password in a target) is `***`.
 */
export function shownConfig(
  { service, target, redact }: Pick<Job, 'service' | 'target' | 'redact'>,
  policy: Policy,
): JsonObject {
  const { about, depends_on, retries, interval_ms, jitter_ms } = service;
  const { description, group, tags, vars, runbook, hint } = about;
  const all = {
    name: service.name,
    type: service.type,
    target,
    ...service.options,
    ...{ description, group, tags, vars, runbook, hint },
    enabled: service.enabled ? null : false,
    interval: interval_ms === null ? 'at every run' : writtenDuration(interval_ms),
    jitter: jitter_ms === 0 ? null : writtenDuration(jitter_ms),
    timeout: writtenDuration(service.timeout_ms),
    retries,
    retry_delay: retries === 0 ? null : writtenDuration(service.retry_delay_ms),
    ...shownPolicy(policy),
    expect: service.expect,
    prefer: service.prefer,
    filter: service.filter.map((step) => ({ ...step })),
    keep: service.keep,
    run_if: service.run_if,
    depends_on: depends_on === null ? null : { [depends_on.mode]: depends_on.names },
    maintenance: service.maintenance.map(shownWindow),
    hooks: shownHooks(service.hooks),
    ip: service.ip,
    source: service.source,
    proxy: service.proxy?.replace(/(:\/\/[^:@/]*):.*@/, '$1:***@') ?? null,
    resolve: service.resolve,
    tls: { ...service.tls },
    quiet: service.quiet ? true : null,
  };
  const shown = Object.entries(all)
    .filter(([, value]) => !isEmpty(value))
    .map(([key, value]) => [key, hidden(key, value as Json)] as const);
  return redact(Object.fromEntries(shown));
}

function shownPolicy(policy: Policy): JsonObject {
  const { slow, remind, flapping, watch } = policy;
  return {
    down_after: quorum(policy.down_after),
    up_after: quorum(policy.up_after),
    slow: slow === null ? 'none' : durations(slow),
    slow_window: slow === null ? null : policy.slow_window,
    watch,
    remind: remind === null ? 'none' : shownRemind(remind),
    flapping: flapping === null ? false : { ...flapping },
  };
}

function durations(limits: NonNullable<Policy['slow']>): JsonObject {
  return Object.fromEntries(Object.entries(limits).map(([phase, ms]) => [phase, writtenDuration(ms)]));
}

function shownRemind({ every_ms, factor, max_ms }: Remind): JsonObject {
  const max = max_ms === null ? {} : { max: writtenDuration(max_ms) };
  return { every: writtenDuration(every_ms), ...(factor === 1 ? {} : { factor }), ...max };
}

function shownWindow(window: Window): JsonObject {
  const about = { tz: window.zone ?? 'the host’s', ...(window.note === null ? {} : { note: window.note }) };
  if (window.kind === 'recurring')
    return { cron: window.cron, for: writtenDuration(window.for_ms), ...about };
  const { from, to } = window;
  return { from, ...(typeof to === 'number' ? { for: writtenDuration(to) } : { to }), ...about };
}

function shownHooks({ replace, run }: ServiceHooks): JsonObject | string | null {
  const names = Object.keys(run);
  if (names.length === 0) return replace ? 'none' : null;
  return { ...run, ...(replace ? { replace } : {}) };
}

function quorum({ count, of }: Quorum): number | string {
  return count === of ? count : `${count}/${of}`;
}

/** What logs in, wherever it stands. */
const SECRET = /^(?:authorization|proxy-authorization|cookie|password|bearer|client_secret)$/i;

/** Written down openly it is a secret all the same; a reference says only where it is. */
function hidden(key: string, value: Json): Json {
  if (isObject(value))
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, hidden(name, inner)]));
  const isReference = typeof value === 'string' && /^(?:[A-Za-z]+ )?\$\{[^}]*\}$/.test(value);
  return SECRET.test(key) && !isReference ? '***' : value;
}

const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1000, 's'],
] as const;

/** As one would write it: `10s`, `1h`, `1500ms`. */
function writtenDuration(ms: number): string {
  const [size, letter] = UNITS.find(([unit]) => ms > 0 && ms % unit === 0) ?? [1, 'ms'];
  return `${String(ms / size)}${letter}`;
}

function isEmpty(value: unknown): boolean {
  if (value === null) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
