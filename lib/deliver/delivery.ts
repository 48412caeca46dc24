import type { DeadLetter } from '../state/dead-letters.ts';
import type { HookReference } from '../state/hook-reference.ts';
import type { QueueEntry } from '../state/queue-entry.ts';
import type { State } from '../state/state-directory.ts';
import type { Event } from '../words/event.ts';
import type { HooksConfig, ServiceHooks } from '../words/service.ts';
import { attemptDelivery } from './attempt.ts';
import { createBestEffort, deadEvent, markTold } from './best-effort.ts';
import { createDeliverer } from './deliverer.ts';
import { createHookFinder, type HookFinder } from './hook-finder.ts';
import { openHookSetting } from './hook-setting.ts';
import { createLanes } from './lanes.ts';
import { createTally, type DeliveryCounts, type Tally } from './tally.ts';
import type { DeliverWorld } from './world.ts';

export interface DeliveryOptions {
  /** null: nothing is on disk (`--no-state`) */
  readonly state: State | null;
  readonly hooks: HooksConfig;
  /** hooks of each service in the config, by name */
  readonly services: ReadonlyMap<string, ServiceHooks>;
  /** also show what hooks that succeeded have printed */
  readonly verbose: boolean;
  /** ends running hooks, starts no more */
  readonly signal: AbortSignal;
  readonly world: DeliverWorld;
}

/** Events to hooks. Whatever it is given starts at once, as far as order and limits let it. */
export interface Delivery {
  readonly find: HookFinder;
  readonly tally: Tally;
  /**
   * Takes the delivery lock, if it does not hold it yet, and begins with all that waits in the queue. False when another
   * process holds it: that one will find what is in the queue; `drain` tries once more.
   */
  readonly begin: () => boolean;
  /** Begins with an entry that is in the queue already. */
  readonly deliver: (entry: QueueEntry) => void;
  /** Begins with an event that could not be stored: one try, `PUPTIME_DURABLE=0`, in order with all others of its service. */
  readonly deliverUnstored: (event: Event, hooks: readonly HookReference[]) => void;
  /** One try, in no order, nothing kept: on_result, on_run. `results`: the lines of the file that on_run gets. */
  readonly offer: (event: Event, hooks: readonly HookReference[], results: string | null) => void;
  /** While it holds the lock: takes finished entries out of the queue, as far as `covered` says that a snapshot has them. */
  readonly tidy: (covered: (entry: QueueEntry) => boolean) => void;
  /** Where this process delivers nothing: holds the queue within its bounds. */
  readonly trim: () => void;
  /** Settles when all that can run now has run, and the lock is free. Rejects with a bug. To be called once, last. */
  readonly drain: (covered: (entry: QueueEntry) => boolean) => Promise<DeliveryCounts>;
}

export function createDelivery({
  state,
  hooks: config,
  services,
  verbose,
  signal,
  world,
}: DeliveryOptions): Delivery {
  const { setting, place } = openHookSetting(config, state?.dir ?? null, world);
  const tally = createTally({ report: world.report, verbose });
  const bestEffort = createBestEffort({ setting, place, tally, report: world.report, signal });
  const find = createHookFinder(place, services, world.report);
  const background = new Set<Promise<unknown>>();
  const context = {
    setting,
    place,
    now: world.now,
    random: world.random,
    report: world.report,
    tally,
    signal,
    isNamed: (service: string, path: string) =>
      Object.values(services.get(service)?.run ?? {}).some((paths) => paths.includes(path)),
    tellDead: (letter: DeadLetter) => {
      const event = deadEvent(letter);
      background.add(
        bestEffort.run(event, find(event), null).then((well) => {
          if (well && state !== null && !signal.aborted) markTold(state, letter, tally);
        }),
      );
    },
  };
  const lanes = createLanes({
    concurrency: config.concurrency,
    report: world.report,
    now: world.now,
    signal,
    attempt: (next) => attemptDelivery(next, { ...context, stored: deliverer?.stored() ?? null }),
  });
  const path = world.env.PATH;
  const deliverer =
    state === null || (state.missing !== null && state.overlay.make() === null)
      ? null
      : createDeliverer({ state, lanes, path, context, hooksFor: find });
  let left = false;
  const take = (): boolean => {
    if (deliverer === null || signal.aborted) return false;
    const taken = deliverer.take();
    left ||= !taken;
    return taken;
  };
  const begin = (): boolean => {
    const taken = take();
    if (taken) deliverer?.look();
    return taken;
  };
  const workOff = async (covered: (entry: QueueEntry) => boolean): Promise<number> => {
    let pending = 0;
    while (deliverer !== null && deliverer.stored() !== null) {
      deliverer.look();
      await lanes.idle();
      deliverer.tidy(covered);
      pending = lanes.unsettled().filter(({ entry }) => entry !== null).length;
      // Whoever found the lock held meanwhile has left its events to us.
      if (!deliverer.release() || signal.aborted || !deliverer.take()) break;
    }
    return pending;
  };

  return {
    find,
    tally,
    begin,
    deliver: (entry) => {
      if (take()) deliverer?.admit(entry);
    },
    deliverUnstored: (event, hooks) => {
      const start = { attempts: 0, next: 0, settled: false, refused: false, done: false };
      const deliveries = hooks.map((hook) => ({ hook, ...start }));
      lanes.admit({ event, entry: null, committed: world.now(), deliveries });
    },
    offer: (event, hooks, results) => {
      if (hooks.length > 0) background.add(bestEffort.run(event, hooks, results));
    },
    tidy: (covered) => deliverer?.tidy(covered),
    trim: () => deliverer?.trim(),
    drain: async (covered) => {
      await lanes.idle();
      if (left) take();
      const pending = await workOff(covered);
      await bestEffort.idle();
      await Promise.all(background);
      setting.runtime.close();
      const { tried, failed, dead, refused, unwritten } = tally;
      return { tried, failed, dead, refused, unwritten, pending };
    },
  };
}
