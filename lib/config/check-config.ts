import path from 'node:path';
import { proberForScheme, proberOfType, PROBERS, type RegisteredProber } from '../probe/registry.ts';
import type { Prober } from '../probe/prober.ts';
import { didYouMean } from '../words/did-you-mean.ts';
import { type Json, type JsonObject, isObject } from '../words/json.ts';
import { safeLine } from '../words/safe-text.ts';
import type { Checked, Config, Problem, Service } from '../words/service.ts';
import { parseDuration } from '../words/units.ts';
import { type Tell, checkService } from './check-service.ts';
import type { Source } from './config-files.ts';
import { SHARED_KEYS } from './config-schema.ts';
import { parseConfigText } from './config-text.ts';
import { combinations, fillMatrix } from './matrix.ts';
import { LATER_KEYS, LATER_SCHEMES } from './not-yet.ts';
import { type ParsedText, type PathSegment, showPath } from './parsed-text.ts';
import { nameFor, nameProblem } from './service-name.ts';
import { checkStructure, showValue } from './structure.ts';
import { createValidators } from './validators.ts';

/** Config without what is known only outside the texts. */
export type CheckedTexts = Omit<Config, 'files' | 'hash' | 'found'>;

/** Checks all files together and finds every problem at once. */
export async function checkConfig(sources: readonly Source[], cwd: string): Promise<Checked<CheckedTexts>> {
  const problems = new Map<string, Problem>();
  const files: ConfigFile[] = [];
  for (const source of sources) {
    const file = await readFile(source, cwd, problems);
    if (file !== null) files.push(file);
  }
  const top = mergeTop(files);
  const services: Service[] = [];
  const names = new Map<string, string>();
  for (const file of files) services.push(...(await checkServices(file, top.defaults, names)));
  if (problems.size > 0) return { ok: false, problems: [...problems.values()].slice(0, MOST_PROBLEMS) };
  return { ok: true, value: { ...top.settings, services } };
}

const MOST_PROBLEMS = 500;

interface ConfigFile {
  readonly file: string;
  readonly directory: string;
  readonly text: ParsedText;
  readonly value: JsonObject;
  tell(path: readonly PathSegment[], text: string, at?: 'key' | 'value'): void;
}

async function readFile(
  source: Source,
  cwd: string,
  problems: Map<string, Problem>,
): Promise<ConfigFile | null> {
  const text = await locatable(source.text);
  const add = (problem: Problem) =>
    problems.set(JSON.stringify([problem.file, problem.path, problem.text]), problem);
  const { file } = source;
  for (const { line, col, text: what } of text.problems) add({ file, line, col, path: '', text: what });
  if (text.problems.length > 0) return null;
  const tell: ConfigFile['tell'] = (at, what, part = 'value') => {
    const place = text.locate(at, part);
    add({ file, line: place?.line ?? null, col: place?.col ?? null, path: showPath(at), text: what });
  };
  const value = text.value ?? {};
  if (!isObject(value)) {
    tell([], `${showValue(value)}, expected a map with \`services\``);
    return null;
  }
  const { validateTop, validateDefaults } = await createValidators();
  for (const mistake of checkStructure(validateTop, value)) tell(mistake.path, mistake.text, mistake.at);
  if (isObject(value['defaults'])) {
    for (const mistake of checkStructure(validateDefaults, value['defaults']))
      tell(['defaults', ...mistake.path], mistake.text, mistake.at);
  }
  const directory = file === '-' ? cwd : path.dirname(file);
  return { file, directory, text, value: value as JsonObject, tell };
}

/** JSON says nothing of places; yaml reads it too, and is asked only when there is a problem to place. */
async function locatable(text: string): Promise<ParsedText> {
  const parsed = await parseConfigText(text);
  if (!parsed.withoutPlaces) return parsed;
  const { parseYaml } = await import('./yaml.ts');
  let placed: ParsedText | null = null;
  return { ...parsed, locate: (at, what) => (placed ??= parseYaml(text)).locate(at, what) };
}

function mergeTop(files: readonly ConfigFile[]) {
  const merged: { [key: string]: Json } = {};
  const owners = new Map<string, ConfigFile>();
  for (const file of files) {
    for (const [key, value] of Object.entries(file.value)) {
      if (key === 'services' || key.startsWith('x-')) continue;
      const owner = owners.get(key);
      if (owner) file.tell([key], `\`${key}\` is also set in ${owner.file}, expected it in one file`, 'key');
      else merged[key] = value;
      owners.set(key, owner ?? file);
    }
  }
  const directoryOf = (key: string) => owners.get(key)?.directory ?? files[0]?.directory ?? '/';
  const hooks: { readonly [key: string]: unknown } = isObject(merged['hooks']) ? merged['hooks'] : {};
  const ms = (value: unknown) => (typeof value === 'string' ? parseDuration(value) : null);
  const number = (value: unknown) => (typeof value === 'number' ? value : null);
  const settings: Omit<CheckedTexts, 'services'> = {
    state: typeof merged['state'] === 'string' ? path.resolve(directoryOf('state'), merged['state']) : null,
    concurrency: number(merged['concurrency']),
    deadline_ms: ms(merged['deadline']),
    hooks: {
      dir: path.resolve(directoryOf('hooks'), typeof hooks['dir'] === 'string' ? hooks['dir'] : 'hooks'),
      timeout_ms: ms(hooks['timeout']) ?? 30_000,
      env: Array.isArray(hooks['env']) ? hooks['env'].map(String) : [],
      user: typeof hooks['user'] === 'string' ? hooks['user'] : null,
      max_age_ms: ms(hooks['max_age']) ?? 86_400_000,
      concurrency: number(hooks['concurrency']) ?? 8,
    },
  };
  return { settings, defaults: isObject(merged['defaults']) ? (merged['defaults'] as JsonObject) : {} };
}

async function checkServices(
  file: ConfigFile,
  defaults: JsonObject,
  names: Map<string, string>,
): Promise<Service[]> {
  const list = file.value['services'];
  if (!Array.isArray(list)) return [];
  const services: Service[] = [];
  const written = list.flatMap((entry: Json) => nameWritten(entry) ?? []);
  for (const [index, entry] of (list as readonly Json[]).entries()) {
    const tell: ConfigFile['tell'] = (at, text, part) => file.tell(['services', index, ...at], text, part);
    const derived = typeof entry === 'string' ? nameFor(entry, new Set([...written, ...names.keys()])) : null;
    const made = await checkEntry(entry, { file, defaults, tell, derived });
    const unsound = nameWritten(entry);
    for (const name of made.length > 0
      ? made.map((service) => service.name)
      : unsound === null
        ? []
        : [unsound]) {
      const other = names.get(name);
      if (other !== undefined) {
        tell(['name'], `the name "${safeLine(name, 80)}" is taken by ${other}, expected another one`);
      }
      names.set(name, other ?? `services[${String(index)}] of ${path.basename(file.file)}`);
    }
    services.push(...made);
  }
  return services;
}

function nameWritten(entry: Json): string | null {
  return isObject(entry) && typeof entry['name'] === 'string' ? entry['name'] : null;
}

interface EntryContext {
  readonly file: ConfigFile;
  readonly defaults: JsonObject;
  readonly tell: ConfigFile['tell'];
  /** the name of an entry that is only a target; null for one that has its own */
  readonly derived: string | null;
}

async function checkEntry(entry: Json, context: EntryContext): Promise<Service[]> {
  if (typeof entry === 'string') {
    const tell: ConfigFile['tell'] = (_, text) => context.tell([], text);
    return checkEntry({ name: 'derived', target: entry }, { ...context, tell });
  }
  const { tell } = context;
  if (!isObject(entry)) {
    tell([], `${showValue(entry)}, expected a map with a name and a target, or a URL`);
    return [];
  }
  const registered = proberOf(entry as JsonObject, tell);
  if (registered === null) return [];
  const prober = await registered.load();
  const { validateEntry } = await createValidators();
  const mistakes = checkStructure(validateEntry(prober.type), entry);
  for (const mistake of mistakes) tell(mistake.path, mistake.text, mistake.at);
  // What is left is checked all the same, so that every problem is told at once.
  const wrong = new Set(mistakes.map((mistake) => mistake.path[0]));
  const sound = Object.entries(entry as JsonObject).filter(([key]) => !wrong.has(key));
  const services = expand({ name: 'unnamed', ...Object.fromEntries(sound) }, prober, context);
  return mistakes.length > 0 ? [] : services;
}

function expand(entry: JsonObject, prober: Prober<never>, context: EntryContext): Service[] {
  const { file, defaults, tell, derived } = context;
  const { matrix, ...rest } = entry;
  const combined = combinations((matrix ?? {}) as { readonly [key: string]: readonly Json[] });
  return combined.map(({ suffix, values }) => {
    const filled = fillMatrix(rest, values, (key, at) =>
      tell(at, `the matrix has no key "${safeLine(key, 40)}"${didYouMean(key, Object.keys(values))}`),
    ) as JsonObject;
    const name = derived ?? `${String(filled['name'])}${suffix === '' ? '' : `/${suffix}`}`;
    const wrong = derived === null ? nameProblem(name) : null;
    if (wrong !== null) tell(['name'], `"${safeLine(name, 80)}": ${wrong}`);
    const value = mergeDefaults(defaults, filled, prober);
    return checkService({ name, prober, value, directory: file.directory }, tell);
  });
}

function proberOf(entry: JsonObject, tell: Tell): RegisteredProber | null {
  const kinds = ['target', 'command', 'beat', 'compare'].filter((key) => entry[key] !== undefined);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    tell(
      [],
      `it has ${kinds.length === 0 ? 'none' : kinds.map((key) => `\`${key}\``).join(' and ')}, expected exactly one of \`target\` and \`command\``,
    );
    return null;
  }
  if (LATER_KEYS.has(kind)) {
    tell([kind], `\`${kind}\` is not in this version`);
    return null;
  }
  if (kind === 'command') return proberOfType('command') ?? null;
  const target = entry['target'];
  if (typeof target !== 'string') {
    tell(['target'], `${showValue(target)}, expected a URL such as https://example.org`);
    return null;
  }
  return proberOfTarget(target, tell);
}

function proberOfTarget(target: string, tell: Tell): RegisteredProber | null {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(target)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    tell(['target'], `it begins with no scheme, expected SCHEME://HOST as in https://example.org`);
    return null;
  }
  const registered = proberForScheme(scheme);
  if (registered) return registered;
  const known = PROBERS.flatMap(({ schemes }) => schemes);
  const meant = didYouMean(scheme, known);
  if (LATER_SCHEMES.has(scheme)) tell(['target'], `the scheme ${scheme}:// is not in this version`);
  else
    tell(
      ['target'],
      `unknown scheme ${safeLine(scheme, 40)}://${meant === '' ? `, expected one of ${known.join(', ')}` : meant}`,
    );
  return null;
}

/** What is a map in both is merged one level deep. `slow` of defaults is not for programs, whose time is their own. */
function mergeDefaults(defaults: JsonObject, entry: JsonObject, prober: Prober<never>): JsonObject {
  const merged: { [key: string]: Json } = {};
  for (const [key, value] of Object.entries(defaults)) {
    if (prober.type === 'command' && key === 'slow') continue;
    if ((key === 'expect' || key === 'prefer') && isObject(value))
      merged[key] = onlyFacts(value as JsonObject, prober);
    else if (Object.hasOwn(SHARED_KEYS, key) || Object.hasOwn(prober.options, key)) merged[key] = value;
  }
  for (const [key, value] of Object.entries(entry)) {
    const before = merged[key];
    merged[key] =
      MERGED.includes(key) && isObject(before) && isObject(value) ? ({ ...before, ...value } as Json) : value;
  }
  return merged;
}

const MERGED = ['expect', 'prefer', 'tls', 'vars'];

function onlyFacts(section: JsonObject, prober: Prober<never>): JsonObject {
  return Object.fromEntries(Object.entries(section).filter(([fact]) => Object.hasOwn(prober.facts, fact)));
}
