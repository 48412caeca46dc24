import { type KnownDeliveries, type KnownDelivery, readDeliveries } from '../lib/deliver/known-deliveries.ts';
import { chooseHook } from '../lib/deliver/delivery-choice.ts';
import { nearest } from '../lib/words/did-you-mean.ts';
import { EXIT, UserError } from '../lib/words/problem.ts';
import type { ServiceRecord } from '../lib/words/record.ts';
import { safeLine } from '../lib/words/safe-text.ts';
import { type EventsSetting, openEvents, recordsOf, showRecords } from './known-events.ts';
import type { Options } from './options.ts';
import { writeOut } from './output.ts';
import { remembered } from './remembered.ts';
import { select } from './select.ts';
import { report } from './setting.ts';
import type { World } from './world.ts';

const ACTIONS = ['show', 'retry', 'drop', 'ack'] as const;
/** Of the recent ones, unless --limit says otherwise. */
const RECENT_SHOWN = 20;

/** `puptime events`: what waits, is dead or was done lately; looks without a lock. `events retry` and others change it. */
export async function events(options: Options, world: World): Promise<number> {
  const [word, ...rest] = options._;
  const named: Options = { ...options, _: rest };
  switch (ACTIONS.find((action) => action === word)) {
    case 'show':
      return (await import('./events-show.ts')).showEvents(named, world);
    case 'retry':
      return (await import('./events-change.ts')).changeEvents('retry', named, world);
    case 'drop':
      return (await import('./events-change.ts')).changeEvents('drop', named, world);
    case 'ack':
      return (await import('./events-ack.ts')).acknowledgeEvents(named, world);
    case undefined:
      return listEvents(options, world);
  }
}

async function listEvents(options: Options, world: World): Promise<number> {
  if (options.all === true)
    throw new UserError(
      EXIT.usage,
      'events --all: expected with retry or drop; without, all are shown anyway',
    );
  const setting = await openEvents(options, world);
  const known = setting.state === null ? NOTHING : readDeliveries(setting.state);
  const chosen = chooseHook(options.hook, selectDeliveries(known, setting, options, world));
  if (chosen.length === 0 && options.quiet !== true) report(world, nothingThere(options, setting));
  if (options.quiet === true) return EXIT.ok;
  await writeOut(world.stdout, showRecords(await recordsOf(chosen, setting, world), options, world));
  return EXIT.ok;
}

const NOTHING: KnownDeliveries = { pending: [], dead: [], recent: [] };

/**
 * Those that --pending, --dead, --recent and the selectors choose: pending ones first, then dead ones, then recent ones.
 * Throws UserError 64 for a selector that matches no service.
 */
export function selectDeliveries(
  known: KnownDeliveries,
  setting: EventsSetting,
  options: Options,
  world: World,
): readonly KnownDelivery[] {
  const isChosen = serviceFilter(known, setting, options, world);
  const { pending, dead, recent } = options;
  const all = pending !== true && dead !== true && recent !== true;
  const some = (wanted: boolean | undefined, kind: keyof KnownDeliveries) =>
    all || wanted === true ? known[kind].filter(isChosen) : [];
  return [
    ...some(pending, 'pending'),
    ...some(dead, 'dead'),
    ...some(recent, 'recent').slice(0, options.limit ?? RECENT_SHOWN),
  ];
}

function serviceFilter(
  known: KnownDeliveries,
  setting: EventsSetting,
  options: Options,
  world: World,
): (delivery: KnownDelivery) => boolean {
  const { tag = [], group = [], only = [] } = options;
  if (options._.length + tag.length + group.length + only.length === 0) return () => true;
  const { records } = remembered(options, setting.config, world);
  const services = servicesIn(known, setting, records);
  refuseActionLike(options, services);
  const chosen = new Set(
    select([...services.values()], options, (service) => service).map(({ name }) => name),
  );
  return ({ service }) => service !== null && chosen.has(service);
}

interface Selectable {
  readonly name: string;
  readonly group: string | null;
  readonly tags: readonly string[];
}

/** Whatever has events, is remembered or configured, by name. */
function servicesIn(
  { pending, dead, recent }: KnownDeliveries,
  { config }: EventsSetting,
  records: ReadonlyMap<string, ServiceRecord>,
): ReadonlyMap<string, Selectable> {
  const services = new Map<string, Selectable>();
  const add = (name: string, group: string | null = null, tags: readonly string[] = []) =>
    services.set(name, { name, group, tags });
  for (const { service } of recent) if (service !== null) add(service);
  for (const { name, about } of config?.services ?? []) add(name, about.group, about.tags);
  for (const { service, about } of records.values()) add(service, about?.group, about?.tags);
  for (const { event } of [...dead, ...pending])
    if (event !== null) add(event.service, event.group, event.tags);
  return services;
}

/** `events retyr` is more likely a slip than a service. */
function refuseActionLike({ _: [word] }: Options, services: ReadonlyMap<string, unknown>): void {
  if (word === undefined || services.has(word)) return;
  const action = nearest(word, ACTIONS);
  if (action === null) return;
  throw new UserError(
    EXIT.usage,
    `events ${safeLine(word, 60)}: there is no such service, and no such action (did you mean events ${action}?)`,
  );
}

function nothingThere({ pending, dead, recent }: Options, { state, dir }: EventsSetting): string {
  if (state === null) return `no events: nothing is in ${dir} yet`;
  const words = [
    ...(pending === true ? ['no event waits'] : []),
    ...(dead === true ? ['none is dead'] : []),
    ...(recent === true ? ['none was done lately'] : []),
  ];
  return words.length === 0 ? 'no event waits, none is dead, none was done lately' : words.join(', ');
}
