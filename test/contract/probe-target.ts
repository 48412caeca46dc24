import type { JsonObject } from '../../lib/words/json.ts';
import type { FactTable } from '../../lib/words/fact.ts';
import { DEFAULT_POLICY } from '../../lib/words/policy.ts';
import type { Result } from '../../lib/words/result.ts';
import type { Service } from '../../lib/words/service.ts';
import { compileExpectations } from '../../lib/probe/expect/compile-expectations.ts';
import { withDefaults } from '../../lib/probe/expect/with-defaults.ts';
import type { Job } from '../../lib/probe/job.ts';
import type { ProbeWorld } from '../../lib/probe/probe-world.ts';
import { probeService } from '../../lib/probe/probe-service.ts';
import type { Prober, Target } from '../../lib/probe/prober.ts';
import { proxyOfTarget } from '../../lib/probe/wire/proxy.ts';
import { resultOf } from '../../lib/probe/result-of.ts';
import { type Resolver, createResolver } from '../../lib/probe/wire/resolver.ts';

/** A service entry for a test: what a config would say, durations in milliseconds. */
export interface Entry {
  readonly options?: JsonObject;
  readonly expect?: JsonObject;
  readonly prefer?: JsonObject;
  readonly service?: Partial<Service>;
  readonly timeout_ms?: number;
  readonly watch?: readonly string[];
  readonly keep?: readonly string[];
  /** told of each secret that the probe was given */
  readonly conceal?: (secret: string) => void;
}

export interface TestWorld extends Partial<ProbeWorld> {
  readonly resolver?: Resolver;
}

/** Probes a target with a prober the way a sweep does, and gives the result. `target` is null for a prober without schemes. */
export async function probeTarget<Options, Table extends FactTable>(
  prober: Prober<Options, Table>,
  target: string | null,
  entry: Entry = {},
  world: TestWorld = {},
): Promise<Result> {
  const resolver = world.resolver ?? createResolver();
  const full: ProbeWorld = {
    env: process.env,
    now: () => Date.now(),
    monotonic: () => performance.now(),
    signal: new AbortController().signal,
    report: () => undefined,
    ...world,
    resolver,
  };
  const job = jobFor(prober, target, entry);
  const probed = await probeService(job, full);
  resolver.cancel();
  return resultOf(job, probed, { id: 'r', host: 'h', config: null });
}

/** Builds a job as a config would. Throws what `prepare` throws, and on expectations that do not compile. */
export function jobFor<Options, Table extends FactTable>(
  prober: Prober<Options, Table>,
  target: string | null,
  entry: Entry = {},
): Job {
  const service = serviceFor(prober.type, target, entry);
  const options = service.options as Options;
  const defaults = prober.defaults(options, target === null ? null : parseTarget(target).scheme);
  const compile = (section: JsonObject, own: JsonObject | undefined) => {
    const { checks, problems } = compileExpectations(withDefaults(section, own), prober.facts);
    if (problems.length > 0) throw new Error(JSON.stringify(problems));
    return checks;
  };
  const wanted = new Set([
    ...Object.keys(service.expect),
    ...Object.keys(service.prefer),
    ...service.policy.watch,
    ...service.keep,
  ]);
  return {
    service,
    target,
    probe: prober.prepare({
      target: target === null ? null : parseTarget(target),
      options,
      timeout_ms: service.timeout_ms,
      wanted,
    }),
    proxy: service.proxy === null ? null : proxyOfTarget(parseTarget(service.proxy)),
    facts: prober.facts,
    expect: compile(service.expect, defaults.expect),
    prefer: compile(service.prefer, defaults.prefer),
    about: service.about,
    run_if: service.run_if,
    filter: service.filter,
    redact: (value) => value,
    conceal: (secret) => entry.conceal?.(secret),
  };
}

function serviceFor(type: string, target: string | null, entry: Entry): Service {
  return {
    name: 'service',
    type,
    target,
    options: entry.options ?? {},
    expect: entry.expect ?? {},
    prefer: entry.prefer ?? {},
    about: { description: null, group: null, tags: [], vars: {}, runbook: null, hint: null },
    policy: { ...DEFAULT_POLICY, watch: entry.watch ?? [] },
    hooks: { replace: false, run: {} },
    enabled: true,
    interval_ms: null,
    jitter_ms: 0,
    flapping_by_hook: false,
    run_if: null,
    depends_on: null,
    maintenance: [],
    timeout_ms: entry.timeout_ms ?? 2000,
    retries: 0,
    retry_delay_ms: 0,
    ip: 'any',
    source: null,
    proxy: null,
    resolve: null,
    tls: {},
    keep: entry.keep ?? [],
    filter: [],
    quiet: false,
    directory: '/',
    ...entry.service,
  };
}

function parseTarget(text: string): Target {
  const url = new URL(text);
  const decoded = (part: string) => (part === '' ? null : decodeURIComponent(part));
  return {
    scheme: url.protocol.slice(0, -1),
    username: decoded(url.username),
    password: decoded(url.password),
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? null : Number(url.port),
    path: decodeURIComponent(url.pathname),
    query: Object.fromEntries(url.searchParams),
    raw: url.pathname + url.search,
  };
}
