import type { Prober } from '../probe/prober.ts';
import { type Json, type JsonObject, isObject } from '../words/json.ts';
import type { Service } from '../words/service.ts';
import { checkEntry, type EntryContext } from './check-entry.ts';
import type { ConfigFile } from './config-file.ts';
import { DECISION_KEYS } from './decision-schema.ts';
import { createNames, generatedName } from './service-name.ts';
import { showValue } from './structure.ts';
import { wordsOf } from './written-values.ts';

/** What was written under `canaries`, and where. */
export interface WrittenCanaries {
  readonly entries: readonly Json[];
  readonly file: ConfigFile;
}

/**
 * The canaries as services named `canary/…`: a canary is a target, or a map like a service’s less all that is about
 * decisions. Tells what is wrong with them.
 */
export async function checkCanaries(
  { entries, file }: WrittenCanaries,
  shared: Pick<EntryContext, 'defaults' | 'validators'> & {
    readonly lookup: (directory: string) => EntryContext['lookup'];
    readonly uses: (prober: Prober<never>) => void;
  },
): Promise<readonly Service[]> {
  const names = createNames([]);
  const services: Service[] = [];
  for (const [index, entry] of entries.entries()) {
    const at = (path: readonly (string | number)[]) => ['canaries', index, ...path];
    const context: EntryContext = {
      defaults: { ...shared.defaults, value: withoutDecisions(shared.defaults.value) },
      validators: shared.validators,
      directory: file.directory,
      lookup: shared.lookup(file.directory),
      // A URL has no keys: all that is wrong is at the one place.
      tell: (path, text, part) => file.tell(at(isObject(entry) ? path : []), text, part),
      uses: shared.uses,
    };
    const written = writtenOf(entry);
    const name = written === null ? null : (written['name'] ?? nameFor(written, names));
    if (written === null || name === null) {
      const seen = written === null ? showValue(entry) : 'a reference in the host, of which the name is made';
      context.tell(
        [],
        `saw ${seen}, expected a target such as ping://192.0.2.1, or a map with name and target`,
      );
      continue;
    }
    for (const key of Object.keys(written).filter((word) => Object.hasOwn(NOT_FOR_CANARIES, word)))
      context.tell(
        [key],
        `saw ${key}, expected nothing of that for a canary: it only shows whether we are cut off`,
        'key',
      );
    const checked = await checkEntry({ ...withoutDecisions(written), name }, context);
    for (const { service } of checked) {
      if (names.take(service.name, 'canaries') !== null)
        context.tell(['name'], `saw ${showValue(service.name)} again, expected another name`);
      services.push({ ...service, name: `canary/${service.name}` });
    }
  }
  return services;
}

/** Keys of services that a canary has not. */
export const NOT_FOR_CANARIES: { readonly [key: string]: unknown } = {
  ...DECISION_KEYS,
  hooks: null,
  matrix: null,
  keep: null,
};

function withoutDecisions(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !Object.hasOwn(NOT_FOR_CANARIES, key)));
}

function writtenOf(entry: Json): JsonObject | null {
  if (typeof entry === 'string') return { target: entry };
  return isObject(entry) ? entry : null;
}

/** Null when it cannot be made; what has neither target nor program is named all the same, and told later. */
function nameFor({ target, command }: JsonObject, names: ReturnType<typeof createNames>): string | null {
  const [program] = wordsOf(command);
  const file = program === undefined ? '' : `unix:///${program.split('/').at(-1) ?? ''}`;
  return generatedName(typeof target === 'string' ? target : file, names);
}
