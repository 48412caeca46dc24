import { didYouMean } from '../words/did-you-mean.ts';
import { type Json, isObject } from '../words/json.ts';
import type { DependsOn } from '../words/policy.ts';
import { safeLine } from '../words/safe-text.ts';
import type { Service } from '../words/service.ts';
import type { Tell } from './check-service.ts';
import { findCircles } from './circles.ts';
import type { PathSegment } from './parsed-text.ts';

/** A service, and where it was written. */
export interface PlacedService {
  readonly service: Service;
  /** its `depends_on` as it was written; undefined: there is none */
  readonly written: Json | undefined;
  /** true: the defaults say so, and not the service itself */
  readonly inherited: boolean;
  readonly tell: Tell;
}

/**
 * All services, each `depends_on` with the names that it means: a service’s own, or all that begin with it and a slash, as
 * those that a matrix made. Tells names that mean nothing, and circles. `broken`: names of entries with mistakes of their own,
 * which are no services here and meant all the same.
 */
export function resolveDependencies(
  placed: readonly PlacedService[],
  broken: readonly string[],
): readonly Service[] {
  if (placed.every(({ service }) => service.depends_on === null)) return placed.map(({ service }) => service);
  const families = familiesOf(placed.map(({ service }) => service.name));
  for (const name of broken) if (!families.has(name)) families.set(name, []);
  const services = placed.map((one) => {
    const { service } = one;
    return service.depends_on === null
      ? service
      : { ...service, depends_on: resolved(one, service.depends_on, families) };
  });
  const parents = new Map(services.map(({ name, depends_on }) => [name, depends_on?.names ?? []]));
  const places = new Map(placed.map((one) => [one.service.name, one]));
  for (const circle of findCircles(parents)) {
    const shown = [...circle, circle[0]].map((name) => safeLine(name ?? '', 80)).join(' → ');
    places
      .get(circle[0] ?? '')
      ?.tell(['depends_on'], `saw a circle: ${shown}, expected it to end with one that depends on nothing`);
  }
  return services;
}

function resolved(
  { service, written, inherited, tell }: PlacedService,
  { mode, names }: DependsOn,
  families: ReadonlyMap<string, readonly string[]>,
): DependsOn | null {
  const found = names.flatMap((name, index) => {
    // A service that all others need would inherit that it needs itself.
    if (inherited && name === service.name) return [];
    const meant = families.get(name);
    if (meant !== undefined) return meant;
    const seen = `saw ${JSON.stringify(safeLine(name, 80))}, which is no service`;
    tell(
      pathOf(written, mode, index),
      `${seen}, expected the name of one${didYouMean(name, families.keys())}`,
    );
    return [];
  });
  return found.length === 0 ? null : { mode, names: [...new Set(found)] };
}

/** Each name, and the beginnings of names up to a slash, with the names that they mean. */
function familiesOf(names: readonly string[]): Map<string, readonly string[]> {
  const families = new Map<string, string[]>();
  for (const name of names) {
    for (let at = name.indexOf('/'); at !== -1; at = name.indexOf('/', at + 1)) {
      const family = name.slice(0, at);
      const members = families.get(family);
      if (members === undefined) families.set(family, [name]);
      else members.push(name);
    }
  }
  for (const name of names) families.set(name, [name]);
  return families;
}

function pathOf(written: Json | undefined, mode: DependsOn['mode'], index: number): readonly PathSegment[] {
  const isMap = isObject(written);
  const list = isMap ? written[mode] : written;
  return ['depends_on', ...(isMap ? [mode] : []), ...(Array.isArray(list) ? [index] : [])];
}
