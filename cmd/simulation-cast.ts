import { readPolicySettings } from '../lib/config/policy-settings.ts';
import { DEFAULT_POLICY, type Policy } from '../lib/words/policy.ts';
import { EXIT, UserError } from '../lib/words/problem.ts';
import type { Config, Service } from '../lib/words/service.ts';
import { hooksFor } from './announcement.ts';
import { policyOf } from './judge.ts';
import { NO_CONFIG } from './no-config.ts';
import type { Options } from './options.ts';
import { select } from './select.ts';
import { readConfig, readConfigIfThere, withHooksOption } from './setting.ts';
import type { Actor } from './simulation.ts';
import { parseShorthand } from '../lib/decide/shorthand.ts';
import type { World } from './world.ts';

/** Who plays, and what: all that the words of the command line say. */
export interface Cast {
  /** the letters; null: recorded results */
  readonly story: string | null;
  readonly config: Pick<Config, 'hooks'>;
  /** the prober of the one that the story is about */
  readonly type: string;
  /** whether results of this service are wanted */
  readonly plays: (service: string) => boolean;
  /** null: the one that the story is about */
  readonly actor: (service: string | null) => Actor;
}

/** As the tables of docs/decisions.md have it, so that every letter means something. */
const POLICY_OF_STORIES: Policy = {
  ...DEFAULT_POLICY,
  slow: { total: 500 },
  slow_window: 1,
  watch: ['answer'],
};

/** Throws UserError 64, and what reading a config throws. */
export async function castFor(options: Options, world: World): Promise<Cast> {
  const isRecorded = options.results !== undefined || isPiped(options, world);
  const words = wordsOf(options, isRecorded);
  const needsConfig = isRecorded ? words.length > 0 : isNamed(words);
  const found = needsConfig ? await readConfig(options, world) : await readConfigIfThere(options, world);
  const names = (found?.services ?? []).map(({ name }) => name);
  const read = isRecorded ? { name: words[0] ?? null, story: null } : storyIn(words, names);
  const config = withHooksOption(found ?? NO_CONFIG, options, world);
  const chosen = read.name === null ? null : named(read.name, config.services, isRecorded);
  const settings = await readPolicySettings(options.set ?? []);
  const byName = new Map(config.services.map((service) => [service.name, service]));
  const tellsFlapping = ({ hooks }: Pick<Service, 'hooks'>) =>
    hooksFor('flapping', hooks, config, world).length > 0;
  const actorOf = (service: Service): Actor => ({
    ...service,
    policy: { ...policyOf(service, tellsFlapping), ...settings.policy },
    interval_ms: settings.interval_ms === undefined ? service.interval_ms : settings.interval_ms,
    maintenance: settings.maintenance ?? service.maintenance,
  });
  const nobody = (name: string, policy: Policy): Actor => ({
    name,
    about: NO_ABOUT,
    hooks: { replace: false, run: {} },
    depends_on: null,
    policy: { ...policy, ...settings.policy },
    interval_ms: settings.interval_ms ?? null,
    maintenance: settings.maintenance ?? [],
  });
  const [first] = chosen ?? [];
  return {
    story: read.story,
    config,
    type: first?.type ?? 'simulated',
    plays: (service) => chosen === null || chosen.some(({ name }) => name === service),
    actor: (service) => {
      const known = service === null ? first : byName.get(service);
      if (known !== undefined) return actorOf(known);
      return service === null ? nobody('service', POLICY_OF_STORIES) : nobody(service, DEFAULT_POLICY);
    },
  };
}

const NO_ABOUT = { description: null, group: null, tags: [], vars: {}, runbook: null, hint: null };

/** Results through a pipe need not be announced by an option. */
function isPiped({ _: words }: Options, { stdin }: World): boolean {
  return words.length === 0 ? stdin.isTTY !== true : words.length === 1 && words[0] === '-';
}

function wordsOf({ _: words }: Options, isRecorded: boolean): readonly string[] {
  if (!isRecorded) return words;
  if (words.length > 1)
    throw new UserError(EXIT.usage, 'simulate: saw more than a NAME beside --results, expected no story');
  return words.filter((word) => word !== '-');
}

/** A NAME goes before the story, but what is a story as a whole is one. */
function isNamed(words: readonly string[]): boolean {
  return words.length > 1 && !isStory(words.join(' ')) && !isStory(words[0] ?? '');
}

function storyIn(words: readonly string[], names: readonly string[]) {
  const [first = '', ...rest] = words;
  // Somebody may have called it DB.
  const isName = isNamed(words) || (names.includes(first) && isStory(rest.join(' ')));
  return isName ? { name: first, story: rest.join(' ') } : { name: null, story: words.join(' ') };
}

function isStory(text: string): boolean {
  return parseShorthand(text).kind === 'story';
}

function named(name: string, services: readonly Service[], several: boolean): readonly Service[] {
  const chosen = select(services, { _: [name] }, (service) => ({
    name: service.name,
    group: service.about.group,
    tags: service.about.tags,
  }));
  if (several || chosen.length === 1) return chosen;
  const names = chosen
    .slice(0, 5)
    .map((service) => service.name)
    .join(', ');
  throw new UserError(EXIT.usage, `simulate ${name}: is ${chosen.length} services, expected one of ${names}`);
}
