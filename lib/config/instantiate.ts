import { compileExpectations } from '../probe/expect/compile-expectations.ts';
import { compilePattern } from '../probe/expect/pattern.ts';
import { withDefaults } from '../probe/expect/with-defaults.ts';
import type { Job } from '../probe/job.ts';
import { InvalidOptions, type Prober, type Target } from '../probe/prober.ts';
import { proberOfType } from '../probe/registry.ts';
import type { JsonObject } from '../words/json.ts';
import { EXIT, UserError } from '../words/problem.ts';
import type { Filter, Service } from '../words/service.ts';
import { absoluteOptions } from './absolute-paths.ts';
import { fillOptions, fillSection, fillText } from './fill-references.ts';
import { fillTarget } from './fill-target.ts';
import { createLookup } from './lookup.ts';
import { type PathSegment, showPath } from './parsed-text.ts';
import { createRedactor, createSecretKeeper } from './redactor.ts';
import { proxyOf } from './proxy-of.ts';
import type { Lookup } from './references.ts';
import { checkStructure } from './structure.ts';
import { splitTarget } from './target.ts';
import { createValidators } from './validators.ts';
import { wantedFacts } from './wanted-facts.ts';

export interface InstantiateWorld {
  readonly env: { readonly [name: string]: string | undefined };
}

/**
 * A service ready to be probed: secrets put in, its prober (and no other) loaded, expectations compiled. Throws
 * UserError 78 when a reference has no value, or when what was put in does not fit. Its secrets are added to the keeper,
 * which hides those of all jobs that share it.
 */
export async function instantiate(
  service: Service,
  world: InstantiateWorld,
  keeper = createSecretKeeper(),
): Promise<Job> {
  const prober = await proberOfType(service.type)?.load();
  if (!prober) throw new Error(`no prober ${service.type}`);
  const lookup = createLookup(world.env, service.directory);
  const refuse = (key: string, text: string): never => {
    const missing = [...(service.missing ?? []), ...lookup.missing];
    // Whatever else is wrong may come of it.
    const what = missing.length > 0 ? missing.join('; ') : `${key}: ${createRedactor(lookup.secrets)(text)}`;
    throw new UserError(EXIT.config, `service ${service.name}: ${what}`);
  };
  const tell = (path: readonly PathSegment[], text: string) => refuse(showPath(path), text);
  const options = absoluteOptions(
    fillOptions(service.options, prober.options, lookup, tell),
    service.directory,
  );
  const about = fillText({ ...service.about }, lookup, tell);
  const run_if = service.run_if === null ? null : fillText([...service.run_if], lookup, tell);
  const filter = filledFilter(service, lookup, tell);
  const fill = (section: JsonObject) => fillSection(section, prober.facts, lookup, tell);
  const written = { expect: fill(service.expect), prefer: fill(service.prefer) };
  // Last: it is the first to stumble over a missing value, and all of them are to be named.
  const through = orRefuse(refuse, () => (service.proxy === null ? null : proxyOf(service.proxy, lookup)));
  const filled = orRefuse(refuse, () => targetOf(service, prober, lookup));
  if (lookup.missing.size > 0 || service.missing !== undefined) refuse('', '');
  await checkFilled(service, options, tell);
  const defaults = orRefuse(refuse, () => prober.defaults(options as never, filled?.target.scheme ?? null));
  const compile = (name: 'expect' | 'prefer') => {
    const { checks, problems } = compileExpectations(
      withDefaults(written[name], defaults[name]),
      prober.facts,
    );
    for (const problem of problems) tell([name, ...problem.path], problem.text);
    return checks;
  };
  const { timeout_ms } = service;
  const wanted = wantedFacts(service);
  const input = { target: filled?.target ?? null, options: options as never, timeout_ms, wanted };
  keeper.add([...lookup.secrets, ...(filled?.passwords ?? []), ...(through?.passwords ?? [])]);
  return {
    service,
    target: filled?.shown ?? null,
    probe: orRefuse(refuse, () => prober.prepare(input)),
    proxy: through?.proxy ?? null,
    facts: prober.facts,
    expect: compile('expect'),
    prefer: compile('prefer'),
    about,
    run_if,
    filter,
    redact: keeper.redact,
    conceal: (secret) => keeper.add([secret]),
  };
}

function filledFilter(
  { filter }: Service,
  lookup: Lookup,
  tell: (path: readonly PathSegment[], text: string) => never,
): readonly Filter[] {
  return filter.map((step, index) => {
    const filled: Filter = fillText({ ...step }, lookup, tell);
    for (const key of ['drop', 'replace'] as const) {
      if (filled[key] === step[key] || filled[key] === undefined) continue;
      const compiled = compilePattern(filled[key]);
      if (!compiled.ok) tell(['filter', index, key], compiled.text);
    }
    return filled;
  });
}

/** Values that were put in have not been held against the schema yet. */
async function checkFilled(
  service: Service,
  options: JsonObject,
  tell: (path: readonly PathSegment[], text: string) => never,
): Promise<void> {
  if (!JSON.stringify(service.options).includes('${')) return;
  const { validateOptions } = await createValidators();
  for (const mistake of checkStructure(validateOptions(service.type), options))
    tell(mistake.path, mistake.text);
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

function orRefuse<T>(refuse: (key: string, text: string) => never, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof InvalidOptions) return refuse(error.key, error.message);
    throw error;
  }
}
