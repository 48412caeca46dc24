import type { Event } from '../words/event.ts';
import type { HooksConfig, ServiceHooks } from '../words/service.ts';
import { findHooks } from './hook-lookup.ts';
import { openHookTrials, type HookTrial } from './hook-trial.ts';
import type { DeliverWorld } from './world.ts';

export interface HookTestOptions {
  /** marked as a test, see `sampleEvent` */
  readonly event: Event;
  readonly hooks: HooksConfig;
  /** the service’s own; null: none, or no service */
  readonly service: ServiceHooks | null;
  readonly signal: AbortSignal;
  readonly world: DeliverWorld;
}

/** Runs all hooks of a sample event one after the other. Empty: there is no such hook. */
export async function testHooks(options: HookTestOptions): Promise<readonly HookTrial[]> {
  const { event, hooks: config, service, signal, world } = options;
  const trials = openHookTrials(config, signal, world);
  const { hooks, skipped } = findHooks(`on_${event.event}`, service, trials.place);
  for (const { reason } of skipped) world.report(reason);
  const results = event.event === 'run' ? `${JSON.stringify(event)}\n` : null;
  const ends: HookTrial[] = [];
  for (const { path } of hooks) ends.push(await trials.run(path, event, results));
  trials.close();
  return ends;
}
