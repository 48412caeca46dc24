import { compileExpectations } from '../probe/expect/compile-expectations.ts';
import { withDefaults } from '../probe/expect/with-defaults.ts';
import type { Job } from '../probe/job.ts';
import { InvalidOptions, type Prober, type Target } from '../probe/prober.ts';
import { proberOfType } from '../probe/registry.ts';
import type { JsonObject } from '../words/json.ts';
import { EXIT, UserError } from '../words/problem.ts';
import type { Service } from '../words/service.ts';
import { fillOptions, fillSection, fillText } from './fill-references.ts';
import { fillTarget } from './fill-target.ts';
import { createLookup } from './lookup.ts';
import { createRedactor } from './redactor.ts';
import type { Lookup } from './references.ts';
import { splitTarget } from './target.ts';

export interface InstantiateWorld {
  readonly env: { readonly [name: string]: string | undefined };
}

/**
 * A service ready to be probed: secrets put in, its prober (and no other) loaded, expectations compiled. Throws
 * UserError 78 when a reference has no value, or when what was put in does not fit.
 */
export async function instantiate(service: Service, world: InstantiateWorld): Promise<Job> {
  const prober = await proberOfType(service.type)?.load();
  if (!prober) throw new Error(`no prober ${service.type}`);
  const lookup = createLookup(world.env, service.directory);
  const refuse = (key: string, text: string): never => {
    throw new UserError(EXIT.config, `service ${service.name}: ${key}: ${text}`);
  };
  const tell = (path: readonly (string | number)[], text: string) => refuse(path.join('.'), text);
  const filled = orRefuse(refuse, () => targetOf(service, prober, lookup));
  const options = fillOptions(service.options, prober.options, lookup, tell);
  const about = fillText({ ...service.about }, lookup, tell);
  const defaults = prober.defaults(options as never, filled?.target.scheme ?? null);
  const sections = (['expect', 'prefer'] as const).map((name) => {
    const section = withDefaults(fillSection(service[name], prober.facts, lookup, tell), defaults[name]);
    return compile(section, prober, (at, text) => refuse(`${name}.${at}`, text));
  });
  if (lookup.missing.size > 0) refuse('references', [...lookup.missing].join('; '));
  const wanted = new Set([
    ...Object.keys(service.expect),
    ...Object.keys(service.prefer),
    ...service.policy.watch,
    ...service.keep,
  ]);
  const { timeout_ms } = service;
  const probe = orRefuse(refuse, () =>
    prober.prepare({ target: filled?.target ?? null, options: options as never, timeout_ms, wanted }),
  );
  const redact = createRedactor([...lookup.secrets, ...(filled?.passwords ?? [])]);
  return {
    service,
    target: filled?.shown ?? null,
    probe,
    facts: prober.facts,
    expect: sections[0] ?? [],
    prefer: sections[1] ?? [],
    about: about,
    redact,
  };
}

function targetOf(
  service: Service,
  prober: Prober<never>,
  lookup: Lookup,
): { target: Target; shown: string; passwords: readonly string[] } | null {
  if (service.target === null) return null;
  const split = splitTarget(service.target);
  if (!split.ok) throw new InvalidOptions('target', split.text);
  const scheme = prober.schemes.find((known) => known.scheme === split.target.scheme);
  return fillTarget(split.target, lookup, scheme?.port ?? null);
}

function compile(section: JsonObject, prober: Prober<never>, refuse: (path: string, text: string) => never) {
  const { checks, problems } = compileExpectations(section, prober.facts);
  const [problem] = problems;
  return problem === undefined ? checks : refuse(problem.path.join('.'), problem.text);
}

function orRefuse<T>(refuse: (key: string, text: string) => never, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof InvalidOptions) return refuse(error.key, error.message);
    throw error;
  }
}
