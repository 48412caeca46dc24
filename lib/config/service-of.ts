import path from 'node:path';
import { type Json, type JsonObject, isObject } from '../words/json.ts';
import type { DependsOn } from '../words/policy.ts';
import type { IpChoice, Service, ServiceHooks } from '../words/service.ts';
import { absoluteOptions, absoluteTls } from './absolute-paths.ts';
import type { Entry, Tell } from './check-service.ts';
import { SERVICE_KEYS, SHARED_KEYS } from './config-schema.ts';
import { absoluteProgram, filterOf } from './filter-of.ts';
import { policyOf } from './policy-of.ts';
import { showValue } from './structure.ts';
import { windowsOf } from './windows-of.ts';
import { durationOf, textOf, wordsOf } from './written-values.ts';

/** The service that an entry of the right structure describes. Telling what its structure does not show. */
export function serviceOf({ name, prober, value, directory }: Entry, tell: Tell): Service {
  const text = (key: string) => textOf(value[key]);
  const count = (key: string, otherwise: number) => (typeof value[key] === 'number' ? value[key] : otherwise);
  const run_if = wordsOf(value['run_if']);
  return {
    name,
    type: prober.type,
    target: text('target'),
    options: absoluteOptions(ownOptions(value, Object.keys(prober.options)), directory),
    expect: isObject(value['expect']) ? value['expect'] : {},
    prefer: isObject(value['prefer']) ? value['prefer'] : {},
    about: {
      description: text('description'),
      group: text('group'),
      tags: wordsOf(value['tags']),
      vars: isObject(value['vars']) ? value['vars'] : {},
      runbook: text('runbook'),
      hint: text('hint'),
    },
    policy: policyOf(value, tell),
    hooks: hooksOf(value['hooks'], directory),
    enabled: value['enabled'] !== false,
    interval_ms: durationOf(value['interval']),
    jitter_ms: jitterOf(value, tell),
    run_if: run_if.length === 0 ? null : absoluteProgram(run_if, directory),
    depends_on: dependsOnOf(value['depends_on'], tell),
    flapping_by_hook: value['flapping'] === undefined,
    maintenance: windowsOf(value['maintenance'], tell),
    timeout_ms: durationOf(value['timeout']) ?? 10_000,
    retries: count('retries', 0),
    retry_delay_ms: durationOf(value['retry_delay']) ?? 1000,
    ip: ipOf(value['ip']),
    source: text('source'),
    proxy: value['proxy'] === 'none' ? null : text('proxy'),
    resolve: text('resolve'),
    tls: isObject(value['tls']) ? absoluteTls(value['tls'], directory) : {},
    keep: wordsOf(value['keep']),
    filter: filterOf(value['filter'], directory, tell),
    quiet: value['quiet'] === true,
    directory,
  };
}

/** What is left when the keys of every service are taken away. */
function ownOptions(value: JsonObject, own: readonly string[]): JsonObject {
  const isOwn = (key: string) =>
    own.includes(key) || !(Object.hasOwn(SERVICE_KEYS, key) || Object.hasOwn(SHARED_KEYS, key));
  return Object.fromEntries(Object.entries(value).filter(([key]) => isOwn(key)));
}

function jitterOf({ jitter, interval }: JsonObject, tell: Tell): number {
  const jitter_ms = durationOf(jitter);
  if (jitter_ms === null) return 0;
  const interval_ms = durationOf(interval);
  if (interval_ms === null) tell(['jitter'], 'saw no interval for it, expected interval as well');
  else if (jitter_ms > interval_ms)
    tell(['jitter'], `saw ${showValue(jitter)}, expected at most the interval, which is ${textOf(interval)}`);
  return jitter_ms;
}

/** The names as written: what they mean is found out when all services are known. */
function dependsOnOf(written: Json | undefined, tell: Tell): DependsOn | null {
  if (!isObject(written)) {
    const names = wordsOf(written);
    return names.length === 0 ? null : { mode: 'all', names };
  }
  const { any, all } = written;
  if ((any === undefined) === (all === undefined)) {
    tell(
      ['depends_on'],
      `saw ${any === undefined ? 'neither' : 'both'} of any and all, expected one of them`,
    );
    return null;
  }
  const names = wordsOf(any ?? all);
  return names.length === 0 ? null : { mode: any === undefined ? 'all' : 'any', names };
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
    .map(([hook, paths]) => [hook, wordsOf(paths).map((file) => path.resolve(directory, file))]);
  return { replace: value['replace'] === true, run: Object.fromEntries(run) as ServiceHooks['run'] };
}
