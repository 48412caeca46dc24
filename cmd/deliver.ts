import { createInterface } from 'node:readline';
import { createInbox } from '../lib/deliver/inbox.ts';
import { readQueue } from '../lib/state/queue.ts';
import { removeStale } from '../lib/state/stale-files.ts';
import { findState } from '../lib/state/state-directory.ts';
import { EXIT, UserError } from '../lib/words/problem.ts';
import { safeLine } from '../lib/words/safe-text.ts';
import { deliverWorld, openDelivery } from './delivering.ts';
import { exitCodeOf } from './exit-code.ts';
import { listenForInterruption } from './interruption.ts';
import type { Options } from './options.ts';
import { openOutput } from './output.ts';
import { openOwnState } from './remembered.ts';
import { readConfig, report, stateDirectory, withHooksOption } from './setting.ts';
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
  if (options['dry-run'] === true) return listPending(options, config.state, world);
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

function listPending(options: Options, stateOfConfig: string | null, world: World): number {
  const state = findState(stateDirectory(options, { state: stateOfConfig }, world), {
    ...world,
    report: (line) => report(world, line),
  });
  const entries = state === null ? [] : readQueue(state).entries;
  for (const { events } of entries) {
    for (const event of events)
      report(
        world,
        `would be delivered: on_${event.event} for ${safeLine(event.service)}: ${safeLine(event.summary)}`,
      );
  }
  if (entries.length === 0) report(world, 'nothing waits in the queue');
  return EXIT.ok;
}
