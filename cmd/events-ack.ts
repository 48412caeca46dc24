import { createInterface } from 'node:readline';
import { chooseEvent } from '../lib/deliver/delivery-choice.ts';
import { type Desk, openDesk } from '../lib/deliver/delivery-desk.ts';
import { deliveryRecord } from '../lib/deliver/delivery-record.ts';
import { type KnownDelivery, readDeliveries } from '../lib/deliver/known-deliveries.ts';
import { EXIT, UserError } from '../lib/words/problem.ts';
import { safeLine } from '../lib/words/safe-text.ts';
import { deliverWorld } from './delivering.ts';
import { expectState, openEvents, takeDeliveryLock } from './known-events.ts';
import type { Options } from './options.ts';
import { report } from './setting.ts';
import type { World } from './world.ts';

const WHOLE_ID = /^[A-Za-z0-9_-]{8,64}$/;

/**
 * `puptime events ack ID…`, or `-` for one id on each line of stdin, as `puptime deliver -` prints them: events of `puptime
 * decide` that were delivered elsewhere. From stdin, ids of events that are not kept here (on_result, on_run) are no mistake.
 */
export async function acknowledgeEvents(options: Options, world: World): Promise<number> {
  const words = options._.filter((word) => word !== '-');
  const isPiped = words.length < options._.length;
  if (options._.length === 0)
    throw new UserError(EXIT.usage, 'events ack: expected IDs, or - for one on each line of stdin');
  // In a pipe, the state may be made only while we wait for the first id.
  const piped = isPiped ? await readIds(world) : { ids: [], unreadable: 0 };
  if (words.length + piped.ids.length === 0) return piped.unreadable > 0 ? EXIT.io : EXIT.ok;
  const state = expectState(await openEvents(options, world));
  if (options['dry-run'] === true) {
    const open = readDeliveries(state).pending.filter(isUnacknowledged);
    const given = [...words, ...piped.ids];
    for (const { id } of open.filter((known) => given.some((word) => known.id.startsWith(word))))
      report(world, `would be acknowledged: ${id}`);
    return piped.unreadable > 0 ? EXIT.io : EXIT.ok;
  }
  const lock = await takeDeliveryLock(state, options, world);
  let desk: Desk | null = null;
  try {
    desk = openDesk(state, deliverWorld(world));
    const passedOver = desk.acknowledge(piped.ids);
    if (options.verbose === true && passedOver.length > 0)
      report(world, `${String(passedOver.length)} of these ids are of no event that is kept here`);
    const unknown = acknowledgeWords(words, desk, world);
    if (piped.unreadable > 0) return EXIT.io;
    return unknown > 0 ? EXIT.usage : EXIT.ok;
  } finally {
    desk?.close();
    lock.release();
  }
}

/** Ids given by hand, perhaps shortened. Says which are unknown; gives how many. */
function acknowledgeWords(words: readonly string[], desk: Desk, world: World): number {
  const { pending, dead, recent } = desk.known;
  const all = [...pending, ...dead, ...recent];
  let unknown = 0;
  for (const word of desk.acknowledge(words)) {
    const mistake = mistakeIn(word, all, desk);
    if (mistake === null) continue;
    unknown += 1;
    report(world, mistake);
  }
  return unknown;
}

function mistakeIn(word: string, all: readonly KnownDelivery[], desk: Desk): string | null {
  try {
    const [delivery] = chooseEvent(word, all);
    if (delivery === undefined || desk.acknowledge([delivery.id]).length === 0) return null;
    return `${delivery.id}: it has hooks here, expected an event that puptime decide printed (puptime events drop gives it up)`;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

function isUnacknowledged(known: KnownDelivery): boolean {
  return deliveryRecord(known).state === 'unacknowledged';
}

async function readIds(
  world: World,
): Promise<{ readonly ids: readonly string[]; readonly unreadable: number }> {
  const ids: string[] = [];
  let unreadable = 0;
  let number = 0;
  for await (const line of createInterface({ input: world.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1;
    const word = line.trim();
    if (word === '') continue;
    if (WHOLE_ID.test(word)) {
      ids.push(word);
      continue;
    }
    unreadable += 1;
    report(world, `stdin:${String(number)}: no id: ${safeLine(word, 80)}: this line is left out`);
  }
  return { ids, unreadable };
}
