import { isIP } from 'node:net';
import { compileExpectations } from '../probe/expect/compile-expectations.ts';
import { InvalidOptions, type Prober, type Target } from '../probe/prober.ts';
import { resolvesNames } from '../probe/wire/proxy.ts';
import { didYouMean } from '../words/did-you-mean.ts';
import type { Json, JsonObject } from '../words/json.ts';
import { safeLine } from '../words/safe-text.ts';
import type { Service } from '../words/service.ts';
import { fillOptions, fillSection } from './fill-references.ts';
import { fillTarget } from './fill-target.ts';
import { createPlaceholders } from './lookup.ts';
import type { PathSegment } from './parsed-text.ts';
import { proxyOf } from './proxy-of.ts';
import { serviceOf } from './service-of.ts';
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
  const { prober } = entry;
  const service = serviceOf(entry, tell);
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
  for (const key of ['source', 'resolve'] as const) {
    const address = service[key];
    if (address !== null && isIP(address) === 0)
      tell([key], `saw ${showValue(address)}, expected an IP address`);
  }
  checkProxy(service, prober, tell);
  return service;
}

function checkProxy({ proxy, ip }: Service, prober: Prober<never>, tell: Tell): void {
  if (proxy === null) return;
  if (prober.proxy !== true) {
    tell(['proxy'], `${prober.type} does not go through a proxy, expected none here`);
    return;
  }
  const filled = orTell(tell, () => proxyOf(proxy, createPlaceholders()));
  if (filled !== null && ip !== 'any' && resolvesNames(filled.proxy))
    tell(
      ['proxy'],
      `the proxy resolves the name, so that ip: ${ip} means nothing, expected socks5:// or no ip`,
    );
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
  return /\$\{(?!step\.)/.test(JSON.stringify(value));
}

/** `dialogue[0].send` → its segments. */
function keyPath(key: string): PathSegment[] {
  return key
    .split(/[.[\]]+/)
    .filter((part) => part !== '')
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}
