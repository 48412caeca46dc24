import { EXIT, UserError } from '../lib/words/problem.ts';
import { ISOLATION } from '../lib/words/record.ts';
import type { State } from '../lib/state/state-directory.ts';
import type { Config } from '../lib/words/service.ts';
import type { Selectable } from '../lib/words/silence.ts';
import type { Options } from './options.ts';
import { remembered } from './remembered.ts';
import { namesState, readConfigIfThere, report } from './setting.ts';
import type { World } from './world.ts';

export interface Known {
  /** null: there is none, or it has mistakes and the state directory is known without it */
  readonly config: Config | null;
  /** of the config, and those that are remembered */
  readonly services: readonly Selectable[];
  /** null: there is no state directory yet */
  readonly state: State | null;
}

/** What there is to select, for commands that must work on a bad day: with a broken config too, as long as memory is found. */
export async function knownServices(options: Options, world: World): Promise<Known> {
  const config = await soundConfig(options, world);
  const { records, state } = remembered(options, config, world);
  const known = new Map<string, Selectable>();
  for (const { service, gone, about } of records.values()) {
    if (gone === null && service !== ISOLATION)
      known.set(service, { name: service, group: about?.group ?? null, tags: about?.tags ?? [] });
  }
  for (const { name, about } of config?.services ?? [])
    known.set(name, { name, group: about.group, tags: about.tags });
  return { config, services: [...known.values()], state };
}

/** The config, or null: there is none, or it cannot be used, which is reported, and the state directory is known without it. */
export async function soundConfig(options: Options, world: World): Promise<Config | null> {
  try {
    return await readConfigIfThere(options, world);
  } catch (error) {
    if (!(error instanceof UserError && namesState(options, world))) throw error;
    const trouble = error.exitCode === EXIT.config ? 'the config has mistakes' : error.message;
    report(world, `${trouble}: going by what is remembered`);
    return null;
  }
}
