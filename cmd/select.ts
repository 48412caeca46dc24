import { matchesGlob } from '../lib/words/glob.ts';
import { EXIT, UserError } from '../lib/words/problem.ts';
import type { Service } from '../lib/words/service.ts';
import type { Selectable } from '../lib/words/silence.ts';
import type { Options } from './options.ts';

/**
 * The services that NAMEs and --tag, --group, --only choose, in their order; all of them when nothing is said. A NAME is
 * also good for all that a matrix made of it (`shop` for `shop/eu`). Throws UserError 64 for one that matches nothing.
 */
export function select<T>(
  services: readonly T[],
  options: Options,
  describe: (service: T) => Selectable,
): readonly T[] {
  const wanted = selectors(options);
  const chosen = services.map((service) => ({ service, about: describe(service) }));
  for (const { text, matches } of wanted.flat()) {
    if (!chosen.some(({ about }) => matches(about)))
      throw new UserError(EXIT.usage, `${text}: no service matches`);
  }
  return chosen
    .filter(({ about }) =>
      wanted.every(
        (alternatives) => alternatives.length === 0 || alternatives.some(({ matches }) => matches(about)),
      ),
    )
    .map(({ service }) => service);
}

/** The same for services of a config. */
export function selectServices(services: readonly Service[], options: Options): readonly Service[] {
  return select(services, options, ({ name, about }) => ({ name, group: about.group, tags: about.tags }));
}

interface Selector {
  readonly text: string;
  matches(service: Selectable): boolean;
}

/** Each kind narrows; within one kind any will do. */
function selectors({ _: names, tag = [], group = [], only = [] }: Options): readonly (readonly Selector[])[] {
  return [
    names.map((name) => ({
      text: name,
      matches: (service) => service.name === name || service.name.startsWith(`${name}/`),
    })),
    tag.map((wanted) => ({ text: `--tag ${wanted}`, matches: ({ tags }) => tags.includes(wanted) })),
    group.map((wanted) => ({ text: `--group ${wanted}`, matches: (service) => service.group === wanted })),
    only.map((glob) => ({ text: `--only ${glob}`, matches: ({ name }) => matchesGlob(name, glob) })),
  ];
}
