import { type Refusal, deliveryRecord } from '../lib/deliver/delivery-record.ts';
import type { KnownDelivery } from '../lib/deliver/known-deliveries.ts';
import { presentRefusal } from '../lib/deliver/present-refusal.ts';
import {
  renderDeliveryLines,
  renderDeliveryList,
  renderDeliveryTable,
} from '../lib/report/delivery-table.ts';
import { type Lock, waitForLock } from '../lib/state/lock.ts';
import type { State } from '../lib/state/state-directory.ts';
import type { Delivery } from '../lib/words/delivery.ts';
import { EXIT, UserError } from '../lib/words/problem.ts';
import type { Config } from '../lib/words/service.ts';
import { durationOption } from './command-line.ts';
import type { Options } from './options.ts';
import { findOwnState } from './remembered.ts';
import { usesColor } from './results-printer.ts';
import { namesState, readConfigIfThere, stateDirectory } from './setting.ts';
import type { World } from './world.ts';

/** What the commands that look at events begin with. `config` is null where there is none, or none that is valid and needed. */
export interface EventsSetting {
  readonly config: Config | null;
  /** absolute path */
  readonly dir: string;
  /** null: nothing has been put there yet */
  readonly state: State | null;
}

export async function openEvents(options: Options, world: World): Promise<EventsSetting> {
  if (options.output !== undefined && !['human', 'json', 'ndjson'].includes(options.output))
    throw new UserError(EXIT.usage, `events -o ${options.output}: expected human, json or ndjson`);
  const config = await configFor(options, world);
  const dir = stateDirectory(options, config, world);
  return { config, dir, state: findOwnState(options, config, world) };
}

/** The state, for those who have been given ids that must be in it. Throws UserError 66. */
export function expectState({ state, dir }: EventsSetting): State {
  if (state !== null) return state;
  throw new UserError(
    EXIT.noInput,
    `state ${dir}: there is none, so there are no events: give the right one with --state, or run as the user whose it is`,
  );
}

const LOCK_WAIT_MS = 10_000;

/** The delivery lock. Throws UserError 75 when another process delivers for too long. */
export async function takeDeliveryLock(state: State, options: Options, world: World): Promise<Lock> {
  const wait_ms = durationOption(options['lock-wait'], '--lock-wait') ?? LOCK_WAIT_MS;
  const lock = await waitForLock(state, { kind: 'delivery', path: world.env['PATH'], wait_ms });
  if (lock !== null) return lock;
  throw new UserError(
    EXIT.locked,
    `hooks are being run for ${state.dir}: nothing was changed; try again when they have ended, or wait longer with --lock-wait 1m`,
  );
}

/** Deliveries as plain records; those that wait are `refused` where the present config and hooks say so. */
export async function recordsOf(
  known: readonly KnownDelivery[],
  { config }: EventsSetting,
  world: World,
): Promise<readonly Delivery[]> {
  const isAsked = config !== null && known.some(({ entry, hook }) => entry !== null && hook !== null);
  const refusal: Refusal = isAsked ? await presentRefusal(config, world) : () => null;
  return known.map((delivery) => deliveryRecord(delivery, refusal));
}

/** As the options want them shown. */
export function showRecords(records: readonly Delivery[], options: Options, world: World): string {
  if (options.output === 'json' && options.json !== true) return renderDeliveryList(records);
  if (isForPrograms(options)) return renderDeliveryLines(records);
  return renderDeliveryTable(records, {
    color: usesColor(options, world, world.stdout),
    now: world.now(),
    columns: world.stdout.isTTY === true ? world.stdout.columns || 80 : null,
    verbose: options.verbose === true,
  });
}

export function isForPrograms({ json, output }: Options): boolean {
  return json === true || output === 'json' || output === 'ndjson';
}

/** Only `state:` and the hooks are of interest: where the state is named, a config that is found may as well be invalid. */
async function configFor(options: Options, world: World): Promise<Config | null> {
  if (!namesState(options, world) || options.config !== undefined) return readConfigIfThere(options, world);
  const { loadConfig } = await import('../lib/config/load.ts');
  try {
    const checked = await loadConfig({ files: null }, world);
    return checked.ok ? checked.value : null;
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}
