import { isIP } from 'node:net';
import path from 'node:path';
import { compileExpectations } from '../probe/expect/compile-expectations.ts';
import { compilePattern } from '../probe/expect/pattern.ts';
import { InvalidOptions, type Prober, type Target } from '../probe/prober.ts';
import { didYouMean } from '../words/did-you-mean.ts';
import { safeLine } from '../words/safe-text.ts';
import type { Json, JsonObject } from '../words/json.ts';
import { isObject } from '../words/json.ts';
import { DEFAULT_POLICY, type Quorum, type SlowLimits } from '../words/policy.ts';
import type { Filter, IpChoice, Service, ServiceHooks } from '../words/service.ts';
import { parseDuration } from '../words/units.ts';
import { absoluteOptions, absoluteTls } from './absolute-paths.ts';
import { SERVICE_KEYS, SHARED_KEYS } from './config-schema.ts';
import { fillOptions, fillSection } from './fill-references.ts';
import type { PathSegment } from './parsed-text.ts';
import { createPlaceholders } from './lookup.ts';
import { fillTarget } from './fill-target.ts';
import { showValue } from './structure.ts';
import { splitTarget } from './target.ts';
import { wantedFacts } from './wanted-facts.ts';

/** An entry of the right structure: defaults merged in, matrix put in. */
export interface Entry {
  readonly name: string;
  readonly prober: Prober<never>;
  readonly value: JsonObject;
  /** where relative paths begin */
  readonly directory: string;
}

export type Tell = (path: readonly PathSegment[], text: string) => void;

/**
 * Makes a service of an entry, telling every mistake that its structure does not show. References stay text: placeholders
 * stand in for them here.
 */
export function checkService(entry: Entry, tell: Tell): Service {
  const { value, prober } = entry;
  const service = serviceOf(entry);
  const target = checkTarget(service, prober, tell);
  const defaults =
    orTell(tell, () => prober.defaults(service.options as never, target?.scheme ?? null)) ?? {};
  checkPrepare(service, prober, target, tell);
  for (const section of ['expect', 'prefer'] as const) {
    const filled = fillSection(service[section], prober.facts, createPlaceholders(), (at, text) =>
      tell([section, ...at], text),
    );
    for (const problem of compileExpectations({ ...defaults[section], ...filled }, prober.facts).problems)
      if (!holdsReference(valueAt(service[section], problem.path)))
        tell([section, ...problem.path], problem.text);
  }
  const named = [
    ...service.policy.watch.map((fact) => ['watch', fact] as const),
    ...service.keep.map((fact) => ['keep', fact] as const),
  ];
  for (const [key, fact] of named) {
    if (!Object.hasOwn(prober.facts, fact))
      tell(
        [key],
        `saw ${safeLine(fact, 40)}, which ${prober.type} does not give, expected one of its facts${didYouMean(fact, Object.keys(prober.facts)) || `: ${Object.keys(prober.facts).join(', ')}`}`,
      );
  }
  for (const [index, filter] of service.filter.entries()) checkFilter(filter, index, tell);
  for (const key of ['source', 'resolve'] as const) {
    const address = service[key];
    if (address !== null && isIP(address) === 0)
      tell([key], `saw ${showValue(address)}, expected an IP address`);
  }
  if (value['slow'] === undefined && value['slow_window'] !== undefined)
    tell(['slow_window'], 'saw no slow for it, expected slow as well');
  return service;
}

function serviceOf({ name, prober, value, directory }: Entry): Service {
  const text = (key: string) => (typeof value[key] === 'string' ? value[key] : null);
  const count = (key: string, otherwise: number) => (typeof value[key] === 'number' ? value[key] : otherwise);
  const own = Object.keys(prober.options);
  const known = (key: string) =>
    own.includes(key) || !(Object.hasOwn(SERVICE_KEYS, key) || Object.hasOwn(SHARED_KEYS, key));
  const options = Object.fromEntries(Object.entries(value).filter(([key]) => known(key)));
  return {
    name,
    type: prober.type,
    target: text('target'),
    options: absoluteOptions(options, directory),
    expect: isObject(value['expect']) ? value['expect'] : {},
    prefer: isObject(value['prefer']) ? value['prefer'] : {},
    about: {
      description: text('description'),
      group: text('group'),
      tags: words(value['tags']),
      vars: isObject(value['vars']) ? value['vars'] : {},
      runbook: text('runbook'),
      hint: text('hint'),
    },
    policy: {
      ...DEFAULT_POLICY,
      down_after: inARow(count('down_after', 1)),
      up_after: inARow(count('up_after', 1)),
      slow: slowOf(value['slow']),
      slow_window: count('slow_window', 3),
      watch: words(value['watch']),
    },
    hooks: hooksOf(value['hooks'], directory),
    enabled: value['enabled'] !== false,
    interval_ms: duration(value['interval']),
    timeout_ms: duration(value['timeout']) ?? 10_000,
    retries: count('retries', 0),
    retry_delay_ms: duration(value['retry_delay']) ?? 1000,
    ip: ipOf(value['ip']),
    source: text('source'),
    resolve: text('resolve'),
    tls: isObject(value['tls']) ? absoluteTls(value['tls'], directory) : {},
    keep: words(value['keep']),
    filter: Array.isArray(value['filter']) ? value['filter'] : [],
    quiet: value['quiet'] === true,
    directory,
  };
}

function checkTarget(service: Service, prober: Prober<never>, tell: Tell): Target | null {
  if (service.target === null) return null;
  const split = splitTarget(service.target);
  if (!split.ok) {
    tell(['target'], split.text);
    return null;
  }
  const scheme = prober.schemes.find((known) => known.scheme === split.target.scheme);
  return orTell(tell, () => fillTarget(split.target, createPlaceholders(), scheme?.port ?? null).target);
}

/** A user’s mistake is told, and null comes back. */
function orTell<T>(tell: Tell, make: () => T): T | null {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof InvalidOptions)) throw error;
    tell(keyPath(error.key), error.message);
    return null;
  }
}

function checkPrepare(service: Service, prober: Prober<never>, target: Target | null, tell: Tell): void {
  if (service.target !== null && target === null) return;
  const mistakes: string[] = [];
  const options = fillOptions(service.options, prober.options, createPlaceholders(), (at, text) => {
    mistakes.push(text);
    tell(at, text);
  });
  if (mistakes.length > 0) return;
  const { timeout_ms } = service;
  const { target: written } = service;
  // What a placeholder cannot please, the value may: it is looked at again when it has been put in.
  const unlessReferred: Tell = (at, text) => {
    if (!holdsReference(at[0] === 'target' ? written : valueAt(service.options, at))) tell(at, text);
  };
  orTell(unlessReferred, () =>
    prober.prepare({ target, options: options as never, timeout_ms, wanted: wantedFacts(service) }),
  );
}

function valueAt(value: Json, path: readonly PathSegment[]): Json {
  let at: Json = value;
  for (const segment of path) {
    const next: unknown = typeof at === 'object' && at !== null ? Reflect.get(at, segment) : null;
    at = (next ?? null) as Json;
  }
  return at;
}

function holdsReference(value: Json): boolean {
  return JSON.stringify(value).includes('${');
}

/** `dialogue[0].send` → its segments. */
function keyPath(key: string): PathSegment[] {
  return key
    .split(/[.[\]]+/)
    .filter((part) => part !== '')
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

function checkFilter({ drop, replace, with: by }: Filter, index: number, tell: Tell): void {
  if ((drop === undefined) === (replace === undefined))
    tell(
      ['filter', index],
      `saw ${drop === undefined ? 'none' : 'both'} of them, expected one of drop and replace`,
    );
  if (by !== undefined && replace === undefined)
    tell(['filter', index, 'with'], 'saw with without replace, expected both');
  for (const [key, pattern] of [
    ['drop', drop],
    ['replace', replace],
  ] as const) {
    const compiled = pattern === undefined ? null : compilePattern(pattern);
    if (compiled?.ok === false) tell(['filter', index, key], `saw ${showValue(pattern)}, ${compiled.text}`);
  }
}

/** The schema has seen to it that it is one of them. */
function ipOf(value: Json | undefined): IpChoice {
  return typeof value === 'string' || typeof value === 'number' ? (String(value) as IpChoice) : 'any';
}

function hooksOf(value: Json | undefined, directory: string): ServiceHooks {
  if (value === 'none') return { replace: true, run: {} };
  if (!isObject(value)) return { replace: false, run: {} };
  const run = Object.entries(value)
    .filter(([key]) => key !== 'replace')
    .map(([hook, paths]) => [hook, words(paths).map((file) => path.resolve(directory, file))]);
  return { replace: value['replace'] === true, run: Object.fromEntries(run) as ServiceHooks['run'] };
}

function duration(value: Json | undefined): number | null {
  return typeof value === 'string' ? parseDuration(value) : null;
}

function inARow(count: number): Quorum {
  return { count, of: count };
}

function slowOf(value: Json | undefined): SlowLimits | null {
  const total = duration(value);
  return total === null ? null : { total };
}

function words(value: Json | undefined): string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.map(String) : [];
}
