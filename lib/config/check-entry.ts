import { proberForScheme, proberOfType, PROBERS, type RegisteredProber } from '../probe/registry.ts';
import type { Prober } from '../probe/prober.ts';
import { didYouMean } from '../words/did-you-mean.ts';
import type { Json, JsonObject } from '../words/json.ts';
import { safeLine } from '../words/safe-text.ts';
import { checkService, type Tell } from './check-service.ts';
import { SERVICE_KEYS, SHARED_KEYS } from './config-schema.ts';
import type { PlacedService } from './dependencies.ts';
import { fillEarly } from './early-references.ts';
import { combinations, fillMatrix, matrixProblem } from './matrix.ts';
import { isFromDefaults, mergeDefaults } from './merge-defaults.ts';
import { LATER_KEYS, LATER_SCHEMES } from './not-yet.ts';
import { faultyReferences } from './fill-references.ts';
import type { Lookup } from './references.ts';
import { nameProblem } from './service-name.ts';
import { checkStructure, type Mistake, showValue, unknownKey } from './structure.ts';
import { splitTarget } from './target.ts';
import type { Validators } from './validators.ts';

/** The defaults of a config, their early references put in. */
export interface Defaults {
  readonly value: JsonObject;
  /** references without a value */
  readonly missing: readonly string[];
  /** takes a mistake in them */
  readonly tell: Tell;
}

export interface EntryContext {
  readonly directory: string;
  readonly defaults: Defaults;
  readonly validators: Validators;
  readonly lookup: Lookup;
  readonly tell: (path: readonly (string | number)[], text: string, at?: 'key' | 'value') => void;
  /** told of each prober that an entry needs */
  readonly uses: (prober: Prober<never>) => void;
}

/** The services of one entry, several with a matrix; none when it has mistakes, which were told. */
export async function checkEntry(
  entry: JsonObject,
  context: EntryContext,
): Promise<readonly PlacedService[]> {
  const registered = proberOf(entry, context.tell);
  if (registered === null) return [];
  const prober = await registered.load();
  context.uses(prober);
  const { matrix, ...rest } = entry;
  const wrong = matrix === undefined ? null : matrixProblem(matrix);
  if (wrong !== null) {
    context.tell(['matrix', ...wrong.path], wrong.text);
    return [];
  }
  return combinations((matrix ?? {}) as { readonly [key: string]: readonly Json[] }).flatMap(
    ({ suffix, values }) => {
      const unknown: string[] = [];
      const filled = fillMatrix(rest, values, (key, at) => {
        unknown.push(key);
        context.tell(
          at,
          `saw \${matrix.${safeLine(key, 40)}}, expected ${matrixKeys(values)}${didYouMean(key, Object.keys(values))}`,
        );
      });
      return unknown.length === 0
        ? checkOne(filled as JsonObject, { suffix, originalName: entry['name'] }, prober, context)
        : [];
    },
  );
}

function matrixKeys(values: { readonly [key: string]: Json }): string {
  const keys = Object.keys(values);
  return keys.length === 0 ? 'a `matrix` with that key' : `one of the keys of matrix, ${keys.join(', ')}`;
}

function checkOne(
  written: JsonObject,
  { suffix, originalName }: { readonly suffix: string; readonly originalName: Json | undefined },
  prober: Prober<never>,
  context: EntryContext,
): PlacedService[] {
  const { defaults, directory, validators } = context;
  for (const { path, text } of faultyReferences(written)) context.tell(path, text);
  const early = fillEarly(written, SHARED_KEYS, context.lookup, context.tell);
  const entry = early.value;
  const mistakes = [
    ...unknownKeys(entry, prober),
    ...checkStructure(validators.validateShared, entry),
    ...checkStructure(validators.validateOptions(prober.type), entry),
  ];
  for (const mistake of mistakes) context.tell(mistake.path, mistake.text, mistake.at);
  const base = typeof entry['name'] === 'string' ? entry['name'] : null;
  // A name that says itself which of the matrix it is needs no more.
  const isOwn = base === null || base !== originalName;
  const name = suffix === '' || isOwn ? (base ?? '') : `${base}/${suffix}`;
  const badName = base === null ? null : nameProblem(name);
  if (badName !== null) context.tell(['name'], `saw ${JSON.stringify(safeLine(name, 80))}, ${badName}`);
  if (prober.required?.some((key) => isMistaken(key, mistakes)) === true) return [];
  // What is wrong is told; the rest is looked at, so that all of it is told at once.
  const sound = Object.fromEntries(Object.entries(entry).filter(([key]) => !isMistaken(key, mistakes)));
  const value = mergeDefaults(defaults.value, sound, prober);
  const tell: Tell = (at, text) => {
    if (isFromDefaults(defaults.value, entry, at)) defaults.tell(at, text);
    else context.tell(at, text);
  };
  const missing = [...defaults.missing, ...early.missing];
  const service = checkService({ name, prober, value, directory }, tell);
  return [
    {
      service: missing.length === 0 ? service : { ...service, missing },
      written: value['depends_on'],
      inherited: isFromDefaults(defaults.value, entry, ['depends_on']),
      tell,
    },
  ];
}

function isMistaken(key: string, mistakes: readonly Mistake[]): boolean {
  return mistakes.some(({ path: [first] }) => first === key);
}

function unknownKeys(entry: JsonObject, prober: Prober<never>): readonly Mistake[] {
  const tables = [SERVICE_KEYS, SHARED_KEYS, prober.options];
  return Object.keys(entry)
    .filter((key) => !tables.some((table) => Object.hasOwn(table, key)))
    .map((key) => ({ path: [key], text: unknownKey(key, tables.flatMap(Object.keys)), at: 'key' as const }));
}

const KINDS = ['target', 'command', 'beat', 'compare'] as const;

function proberOf(entry: JsonObject, tell: Tell): RegisteredProber | null {
  const kinds = KINDS.filter((key) => Object.hasOwn(entry, key));
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    const seen = kinds.length === 0 ? 'none of target and command' : kinds.join(' and ');
    const misspelt = kinds.length === 0 ? misspeltKind(entry) : '';
    tell([], `saw ${seen}, expected exactly one of target and command${misspelt}`);
    return null;
  }
  if (LATER_KEYS.has(kind)) {
    tell([kind], `${kind} is not in this version`);
    return null;
  }
  if (typeof entry['command'] === 'string') {
    tell(
      ['command'],
      `saw ${showValue(entry['command'])}, expected a list (no shell reads it), such as [/usr/bin/test, -e, /run/x]`,
    );
    return null;
  }
  if (kind === 'command') return proberOfType('command') ?? null;
  const target = entry['target'];
  if (typeof target !== 'string') {
    tell(['target'], `saw ${showValue(target)}, expected a URL such as https://example.org`);
    return null;
  }
  return proberOfTarget(target, tell);
}

function misspeltKind(entry: JsonObject): string {
  const known = new Set(Object.keys({ ...SERVICE_KEYS, ...SHARED_KEYS }));
  return Object.keys(entry)
    .filter((key) => !known.has(key))
    .map((key) => didYouMean(key, ['target', 'command']).replace('(', `(${safeLine(key, 40)}: `))
    .filter((hint) => hint !== '')
    .slice(0, 1)
    .join('');
}

function proberOfTarget(target: string, tell: Tell): RegisteredProber | null {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(target)?.[1]?.toLowerCase();
  const known = PROBERS.flatMap(({ schemes }) => schemes);
  if (scheme === undefined) {
    const split = splitTarget(target);
    tell(['target'], split.ok ? 'saw no scheme, expected SCHEME://HOST' : split.text);
    return null;
  }
  const registered = proberForScheme(scheme);
  if (registered !== undefined) return registered;
  tell(
    ['target'],
    LATER_SCHEMES.has(scheme)
      ? `the scheme ${scheme} is not in this version`
      : `saw the scheme ${safeLine(scheme, 40)}, expected one that docs/probers.md lists, as https or tcp${didYouMean(scheme, known)}`,
  );
  return null;
}
