import path from 'node:path';
import { type Json, type JsonObject, isObject } from '../words/json.ts';
import type { Config } from '../words/service.ts';
import type { Window } from '../words/window.ts';
import { parseDuration } from '../words/units.ts';
import type { Defaults } from './check-entry.ts';
import type { WrittenCanaries } from './canaries.ts';
import type { ConfigFile } from './config-file.ts';
import { SHARED_KEYS, TOP_KEYS } from './config-schema.ts';
import { type EarlyReferences, fillEarly } from './early-references.ts';
import { faultyReferences } from './fill-references.ts';
import { checkStructure } from './structure.ts';
import type { Validators } from './validators.ts';
import { windowsOf } from './windows-of.ts';

export interface Top {
  readonly settings: Omit<Config, 'files' | 'hash' | 'found' | 'fixed' | 'services' | 'canaries'>;
  readonly defaults: Defaults;
  /** of every service */
  readonly maintenance: readonly Window[];
  /** null: there are none */
  readonly canaries: WrittenCanaries | null;
}

/** All that is beside `services`, of all files together: each key in one of them. */
export function checkTop(files: readonly ConfigFile[], validators: Validators, early: EarlyReferences): Top {
  const values: { [key: string]: Json } = {};
  const owners = new Map<string, ConfigFile>();
  for (const file of files) {
    const lookup = early.lookup(file.directory);
    const { value, missing } = fillEarly(file.value, TOP_KEYS, lookup, file.tell);
    for (const text of missing) file.tell([], text);
    const wrong = new Set<unknown>();
    for (const mistake of checkStructure(validators.validateTop, value)) {
      file.tell(mistake.path, mistake.text, mistake.at);
      wrong.add(mistake.path[0]);
    }
    for (const [key, entry] of Object.entries(value)) {
      if (key === 'services' || key.startsWith('x-')) continue;
      if (wrong.has(key) && (key === 'maintenance' || key === 'canaries')) continue;
      const owner = owners.get(key);
      if (owner !== undefined) {
        const name = owner.file === '-' ? 'stdin' : path.basename(owner.file);
        file.tell([key], `saw ${key} again (it is in ${name} too), expected it in one file`, 'key');
      } else {
        owners.set(key, file);
        values[key] = entry;
      }
    }
  }
  const { maintenance, canaries } = values;
  const keeper = owners.get('canaries');
  const directoryOf = (key: string) => (owners.get(key) ?? files[0])?.directory ?? '/';
  return {
    settings: settingsOf(values, directoryOf),
    defaults: checkDefaults(values['defaults'], owners.get('defaults'), validators, early),
    maintenance: windowsOf(maintenance, (at, text) => owners.get('maintenance')?.tell(at, text)),
    canaries:
      keeper === undefined || !Array.isArray(canaries)
        ? null
        : { entries: canaries as readonly Json[], file: keeper },
  };
}

function settingsOf(values: JsonObject, directoryOf: (key: string) => string): Top['settings'] {
  const { state, concurrency, per_host, deadline } = values;
  const hooks = isObject(values['hooks']) ? values['hooks'] : {};
  return {
    state: typeof state === 'string' ? path.resolve(directoryOf('state'), state) : null,
    concurrency: number(concurrency),
    per_host: number(per_host),
    deadline_ms: milliseconds(deadline),
    hooks: {
      dir: path.resolve(directoryOf('hooks'), typeof hooks['dir'] === 'string' ? hooks['dir'] : 'hooks'),
      timeout_ms: milliseconds(hooks['timeout']) ?? 30_000,
      env: Array.isArray(hooks['env']) ? hooks['env'].map(String) : [],
      user: typeof hooks['user'] === 'string' ? hooks['user'] : null,
      max_age_ms: milliseconds(hooks['max_age']) ?? 86_400_000,
      concurrency: number(hooks['concurrency']) ?? 8,
      sandbox: hooks['sandbox'] === 'bwrap' ? 'bwrap' : 'none',
    },
  };
}

function number(value: Json | undefined): number | null {
  return typeof value === 'number' ? value : null;
}

function milliseconds(value: Json | undefined): number | null {
  return typeof value === 'string' ? parseDuration(value) : null;
}

function checkDefaults(
  written: Json | undefined,
  file: ConfigFile | undefined,
  validators: Validators,
  early: EarlyReferences,
): Defaults {
  const tell: Defaults['tell'] = (at, text) => file?.tell(['defaults', ...at], text);
  if (file === undefined || !isObject(written)) return { value: {}, missing: [], tell };
  for (const { path: at, text } of faultyReferences(written)) tell(at, text);
  const { value, missing } = fillEarly(written, SHARED_KEYS, early.lookup(file.directory), tell);
  const mistakes = checkStructure(validators.validateDefaults, value);
  for (const mistake of mistakes) file.tell(['defaults', ...mistake.path], mistake.text, mistake.at);
  // What is wrong in them would be said again for every service.
  const wrong = new Set(mistakes.map(({ path: [key] }) => key));
  const sound = Object.fromEntries(Object.entries(value).filter(([key]) => !wrong.has(key)));
  return { value: sound, missing, tell };
}
