import { chooseEvent, chooseHook } from '../lib/deliver/delivery-choice.ts';
import { readDeliveries } from '../lib/deliver/known-deliveries.ts';
import { jsonLine, jsonText } from '../lib/report/json-line.ts';
import { EXIT, UserError } from '../lib/words/problem.ts';
import { expectState, isForPrograms, openEvents, recordsOf, showRecords } from './known-events.ts';
import type { Options } from './options.ts';
import { writeOut } from './output.ts';
import type { World } from './world.ts';

/** `puptime events show ID…`: what became of an event at each of its hooks, and the event itself while it is kept. */
export async function showEvents(options: Options, world: World): Promise<number> {
  if (options._.length === 0)
    throw new UserError(EXIT.usage, 'events show: expected the id of an event, or its beginning');
  const setting = await openEvents(options, world);
  const { pending, dead, recent } = readDeliveries(expectState(setting));
  const known = [...pending, ...dead, ...recent];
  const shown: string[] = [];
  for (const word of options._) {
    const deliveries = chooseHook(options.hook, chooseEvent(word, known));
    const records = await recordsOf(deliveries, setting, world);
    const event = deliveries.find((delivery) => delivery.event !== null)?.event ?? null;
    if (isForPrograms(options)) {
      shown.push(jsonLine({ event, deliveries: records }));
      continue;
    }
    const table = showRecords(records, { ...options, verbose: true }, world);
    shown.push(event === null ? table : `${table}\n${jsonText(event)}`);
  }
  await writeOut(world.stdout, shown.join(isForPrograms(options) ? '' : '\n'));
  return EXIT.ok;
}
