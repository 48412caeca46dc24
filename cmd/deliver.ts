import { createInterface } from 'node:readline';
import { createInbox } from '../lib/deliver/inbox.ts';
import { readDeliveries } from '../lib/deliver/known-deliveries.ts';
import { shortHook } from '../lib/report/delivery-table.ts';
import { removeStale } from '../lib/state/stale-files.ts';
import { EXIT, UserError } from '../lib/words/problem.ts';
import { safeLine } from '../lib/words/safe-text.ts';
import type { Config } from '../lib/words/service.ts';
import { deliverWorld, openDelivery } from './delivering.ts';
import { exitCodeOf } from './exit-code.ts';
import { listenForInterruption } from './interruption.ts';
import type { Options } from './options.ts';
import { openOutput } from './output.ts';
import { findOwnState, openOwnState } from './remembered.ts';
import { readConfig, report, withHooksOption } from './setting.ts';
import type { World } from './world.ts';

/** `puptime deliver`: what waits in the queue goes to its hooks; with `-` also events from stdin, stored before any hook starts. */
export async function deliver(options: Options, world: World): Promise<number> {
  const [input] = options._;
  if (input !== undefined && input !== '-')
    throw new UserError(
      EXIT.usage,
      `deliver ${safeLine(input)}: expected nothing, or - for events from stdin`,
    );
  const config = withHooksOption(await readConfig(options, world), options, world);
  if (options['dry-run'] === true) return listPending(options, config, world);
  const state = openOwnState(options, config, world);
  const interruption = listenForInterruption(null);
  const delivery = openDelivery(config, state, interruption.hooks, options, world);
  delivery.begin();
  let unreadable = 0;
  const output = openOutput(world.stdout);
  if (input === '-') {
    const inbox = createInbox({ state, delivery, world: deliverWorld(world) });
    const lines = createInterface({ input: world.stdin, crlfDelay: Number.POSITIVE_INFINITY });
    interruption.hooks.addEventListener('abort', () => lines.close(), { once: true });
    let number = 0;
    for await (const line of lines) {
      number += 1;
      if (line.trim() === '') continue;
      const acceptance = inbox.accept(line);
      if (acceptance.kind === 'accepted') output.write(`${acceptance.id}\n`);
      if (acceptance.kind !== 'refused') continue;
      unreadable += 1;
      report(world, `stdin:${String(number)}: no event: ${acceptance.reason}: this line is left out`);
    }
  }
  const counts = await delivery.drain(({ record }) => record === null);
  removeStale(state, world.now());
  await output.finish();
  interruption.end();
  return exitCodeOf({ ...counts, unwritten: counts.unwritten + unreadable, status: null }, interruption);
}

function listPending(options: Options, config: Config, world: World): number {
  const state = findOwnState(options, config, world);
  const pending = state === null ? [] : readDeliveries(state).pending;
  for (const { kind, service, event, hook } of pending) {
    const to = hook === null ? 'whichever hooks there are' : shortHook(hook.path);
    report(
      world,
      `would be delivered: on_${kind ?? ''} for ${safeLine(service ?? '')}: ${safeLine(event?.summary ?? '')} (${to})`,
    );
  }
  if (pending.length === 0) report(world, 'nothing waits in the queue');
  return EXIT.ok;
}
