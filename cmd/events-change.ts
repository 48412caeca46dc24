import { chooseEvent, chooseHook, what } from '../lib/deliver/delivery-choice.ts';
import { deliveryRecord } from '../lib/deliver/delivery-record.ts';
import { type Desk, openDesk, wasForNobody } from '../lib/deliver/delivery-desk.ts';
import { type KnownDeliveries, type KnownDelivery, readDeliveries } from '../lib/deliver/known-deliveries.ts';
import { shortHook } from '../lib/report/delivery-table.ts';
import type { Delivery } from '../lib/words/delivery.ts';
import { EXIT, UserError } from '../lib/words/problem.ts';
import { safeLine } from '../lib/words/safe-text.ts';
import { deliverWorld } from './delivering.ts';
import { selectDeliveries } from './events.ts';
import {
  type EventsSetting,
  expectState,
  isForPrograms,
  openEvents,
  showRecords,
  takeDeliveryLock,
} from './known-events.ts';
import type { Options } from './options.ts';
import { writeOut } from './output.ts';
import { remembered } from './remembered.ts';
import { report } from './setting.ts';
import type { World } from './world.ts';

type Action = 'retry' | 'drop';

/** `puptime events retry|drop ID…`, or `--all` of what --pending, --dead and selectors choose. */
export async function changeEvents(action: Action, options: Options, world: World): Promise<number> {
  refuseUnclear(action, options);
  const setting = await openEvents(options, world);
  const state = expectState(setting);
  if (options['dry-run'] === true) {
    const chosen = choose(action, readDeliveries(state), setting, options, world);
    return say(chosen, chosen, `would be ${DONE[action]}`, options, world);
  }
  const lock = await takeDeliveryLock(state, options, world);
  let desk: Desk | null = null;
  try {
    desk = openDesk(state, deliverWorld(world));
    const chosen = choose(action, desk.known, setting, options, world);
    if (action === 'retry') tellOfNobody(chosen, world);
    const changed = await desk[action](chosen);
    if (action === 'retry') tellOfOver(changed, setting, options, world);
    return await say(chosen, changed, DONE[action], options, world);
  } finally {
    desk?.close();
    lock.release();
  }
}

const DONE = { retry: 'tried again', drop: 'dropped' } as const satisfies Record<Action, string>;

function refuseUnclear(action: Action, { _: ids, all, recent }: Options): void {
  if (recent === true)
    throw usage(
      `events ${action} --recent: what is done or dropped is over; puptime replay runs hooks again`,
    );
  if (ids.length === 0 && all !== true)
    throw usage(`events ${action}: expected IDs, or --all (with --dead, --pending or --only as wanted)`);
  if (ids.length > 0 && all === true)
    throw usage(`events ${action}: IDs and --all were given, expected one of the two`);
}

function choose(
  action: Action,
  known: KnownDeliveries,
  setting: EventsSetting,
  options: Options,
  world: World,
): readonly KnownDelivery[] {
  const open: KnownDeliveries = { ...known, recent: [] };
  if (options.all === true) return chooseHook(options.hook, selectDeliveries(open, setting, options, world));
  const pool = new Set(selectDeliveries(open, setting, { ...options, _: [] }, world));
  const all = [...known.pending, ...known.dead, ...known.recent];
  const chosen = options._.flatMap((word) => {
    const deliveries = chooseEvent(word, all);
    const possible = deliveries.filter((delivery) => pool.has(delivery));
    if (possible.length === 0) throw usage(nothingTo(action, deliveries));
    return possible;
  });
  return chooseHook(options.hook, [...new Set(chosen)]);
}

function nothingTo(action: Action, deliveries: readonly KnownDelivery[]): string {
  const [first] = deliveries;
  if (first === undefined) return `nothing to ${action}`;
  const states = new Set(deliveries.map((delivery) => deliveryRecord(delivery).state));
  return `${first.id} (${what(first)}): nothing to ${action}: for each hook that is meant it is ${[...states].join(' or ')}`;
}

function tellOfNobody(chosen: readonly KnownDelivery[], world: World): void {
  for (const { id } of chosen.filter(wasForNobody)) {
    report(
      world,
      `${id}: it was for whoever takes what puptime decide prints: puptime events show ${id} --json | jq -c .event | puptime deliver -`,
    );
  }
}

/** An on_down that comes after its outage leaves a pager red: there will be no on_up. */
function tellOfOver(
  changed: readonly KnownDelivery[],
  { config }: EventsSetting,
  options: Options,
  world: World,
): void {
  const downs = changed.filter(
    ({ kind, letter, line }) => kind === 'down' && letter === null && line?.k === 'failed',
  );
  if (downs.length === 0) return;
  const { records } = remembered(options, config, world);
  for (const { id, event, service } of downs) {
    if (service === null || records.get(service)?.incident?.id === event?.incident?.id) continue;
    report(
      world,
      `${id}: this outage of ${safeLine(service)} is over: its hook may hear of no recovery after this (puptime events drop ${id} takes it back)`,
    );
  }
}

async function say(
  chosen: readonly KnownDelivery[],
  changed: readonly KnownDelivery[],
  done: string,
  options: Options,
  world: World,
): Promise<number> {
  if (chosen.length === 0 && options.quiet !== true) report(world, 'there is nothing to do');
  if (options.quiet === true || changed.length === 0) return EXIT.ok;
  const records = changed.map((delivery) => deliveryRecord(delivery));
  const text = isForPrograms(options)
    ? showRecords(records, options, world)
    : records.map((record) => `${sentence(record, done)}\n`).join('');
  await writeOut(world.stdout, text);
  if (done === DONE.retry) report(world, 'the next puptime run or puptime deliver tries them');
  return EXIT.ok;
}

function sentence({ id, event, service, hook, state }: Delivery, done: string): string {
  const whose = `${id} (${what({ kind: event, service })})`;
  if (state === 'unacknowledged') return `${whose}: printed again by the next puptime decide`;
  return `${whose}: ${done}${hook === null ? '' : ` by ${shortHook(hook)}`}`;
}

function usage(text: string): UserError {
  return new UserError(EXIT.usage, text);
}
