import path from 'node:path';
import type { Prober } from '../probe/prober.ts';
import { didYouMean } from '../words/did-you-mean.ts';
import { type Json, type JsonObject, isObject } from '../words/json.ts';
import { safeLine } from '../words/safe-text.ts';
import type { Checked, Config, Service } from '../words/service.ts';
import type { Window } from '../words/window.ts';
import { checkCanaries } from './canaries.ts';
import { checkEntry, type Defaults, type EntryContext } from './check-entry.ts';
import { type ConfigFile, createProblemList, openConfigFile } from './config-file.ts';
import type { Source } from './config-files.ts';
import { type PlacedService, resolveDependencies } from './dependencies.ts';
import { createEarlyReferences, type Dependency, type EarlyReferences } from './early-references.ts';
import { createNames, generatedName, type Names } from './service-name.ts';
import { showValue } from './structure.ts';
import { checkTop } from './top-settings.ts';
import { createValidators, type Validators } from './validators.ts';

/** Config without what is known only outside the texts. */
export type CheckedTexts = Omit<Config, 'files' | 'hash' | 'found' | 'fixed'>;

export interface CheckWorld {
  readonly cwd: string;
  readonly env: { readonly [name: string]: string | undefined };
}

/** What the texts came to, and the values outside of them that it was made with. */
export interface CheckedWith {
  readonly config: CheckedTexts;
  readonly dependencies: readonly Dependency[];
}

/** Checks all files together and finds every problem at once. Reads no file but those that early references name. */
export async function checkConfig(
  sources: readonly Source[],
  world: CheckWorld,
): Promise<Checked<CheckedWith>> {
  const problems = createProblemList();
  const files: ConfigFile[] = [];
  for (const source of sources) {
    const file = await openConfigFile(source, world.cwd, problems);
    if (file !== null) files.push(file);
  }
  if (problems.all.length === 0 && files.every(({ value }) => Object.keys(value).length === 0)) {
    files[0]?.tell([], 'saw an empty file, expected a map with the key services');
  }
  const validators = await createValidators();
  const early = createEarlyReferences(world.env);
  const { settings, defaults, maintenance, canaries: listed } = checkTop(files, validators, early);
  const probers = new Set<Prober<never>>();
  const uses = (prober: Prober<never>) => probers.add(prober);
  const placed = await checkServices(files, { defaults, validators, early, uses });
  const canaries =
    listed === null ? [] : await checkCanaries(listed, { defaults, validators, lookup: early.lookup, uses });
  if (probers.size > 0) checkDefaultFacts(defaults, probers);
  const written = files.flatMap(({ value }) => entriesOf(value).flatMap(writtenName));
  const services = resolveDependencies(placed, written).map((service) => withWindows(service, maintenance));
  if (problems.all.length > 0) return { ok: false, problems: problems.all };
  return { ok: true, value: { config: { ...settings, services, canaries }, dependencies: early.seen } };
}

interface Shared {
  readonly defaults: Defaults;
  readonly validators: Validators;
  readonly early: EarlyReferences;
  /** told of each prober that an entry needs */
  readonly uses: (prober: Prober<never>) => void;
}

async function checkServices(files: readonly ConfigFile[], shared: Shared): Promise<PlacedService[]> {
  const names = createNames(files.flatMap(({ value }) => entriesOf(value).flatMap(writtenName)));
  const services: PlacedService[] = [];
  for (const file of files) {
    for (const [index, entry] of entriesOf(file.value).entries()) {
      const context: EntryContext = {
        ...shared,
        directory: file.directory,
        lookup: shared.early.lookup(file.directory),
        tell: (at, text, part) => file.tell(['services', index, ...at], text, part),
      };
      const place = `services[${index}]${files.length > 1 ? ` of ${path.basename(file.file)}` : ''}`;
      const isFree = (name: string): boolean => {
        const other = names.take(name, place);
        if (other === null) return true;
        const seen = `saw the name ${JSON.stringify(safeLine(name, 80))}, which ${other} has`;
        context.tell(isObject(entry) ? ['name'] : [], `${seen}, expected another`);
        return false;
      };
      const checked = await checkWritten(entry, names, context);
      services.push(...checked.filter(({ service }) => isFree(service.name)));
      // An entry with mistakes of its own has a name all the same.
      if (checked.length === 0 && isObject(entry) && entry['matrix'] === undefined)
        writtenName(entry).forEach(isFree);
    }
  }
  return services;
}

/** The windows of the whole config before its own. */
function withWindows(service: Service, windows: readonly Window[]): Service {
  return windows.length === 0 ? service : { ...service, maintenance: [...windows, ...service.maintenance] };
}

function entriesOf(value: JsonObject): readonly Json[] {
  const list = value['services'];
  return Array.isArray(list) ? (list as readonly Json[]) : [];
}

function writtenName(entry: Json): string[] {
  return isObject(entry) && typeof entry['name'] === 'string' ? [entry['name']] : [];
}

async function checkWritten(
  entry: Json,
  names: Names,
  context: EntryContext,
): Promise<readonly PlacedService[]> {
  if (isObject(entry)) return checkEntry(entry, context);
  if (typeof entry !== 'string') {
    context.tell([], `saw ${showValue(entry)}, expected a map with a name and a target, or a URL`);
    return [];
  }
  const name = generatedName(entry, names);
  if (name === null) {
    context.tell(
      [],
      'saw a reference in the host, of which the name is made; expected a map with name and target',
    );
    return [];
  }
  // A URL has no keys: all that is wrong is at the one place.
  return checkEntry({ name, target: entry }, { ...context, tell: (_, text) => context.tell([], text) });
}

/** An expectation of `defaults` that no service can have is a mistake like any other. */
function checkDefaultFacts({ value, tell }: Defaults, probers: ReadonlySet<Prober<never>>): void {
  const known = new Set([...probers].flatMap((prober) => Object.keys(prober.facts)));
  for (const section of ['expect', 'prefer'] as const) {
    const facts = value[section];
    if (!isObject(facts)) continue;
    for (const fact of Object.keys(facts)) {
      if (!known.has(fact))
        tell([section, fact], `no service here gives this fact${didYouMean(fact, known)}`);
    }
  }
}
