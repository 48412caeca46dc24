import { createRedactor } from '../lib/config/redactor.ts';
import { createDelivery, type Delivery } from '../lib/deliver/delivery.ts';
import type { DeliverWorld } from '../lib/deliver/world.ts';
import type { State } from '../lib/state/state-directory.ts';
import type { Config } from '../lib/words/service.ts';
import type { Options } from './options.ts';
import { report } from './setting.ts';
import type { World } from './world.ts';

/** The delivery of a config’s hooks. `state` is null with --no-state. */
export function openDelivery(
  config: Pick<Config, 'hooks' | 'services'>,
  state: State | null,
  signal: AbortSignal,
  options: Options,
  world: World,
): Delivery {
  return createDelivery({
    state,
    hooks: config.hooks,
    services: new Map(config.services.map(({ name, hooks }) => [name, hooks])),
    verbose: options.verbose === true,
    signal,
    world: deliverWorld(world),
  });
}

export function deliverWorld(world: World): DeliverWorld {
  return {
    env: world.env,
    uid: world.uid,
    pid: process.pid,
    now: () => world.now(),
    random: () => Buffer.from(world.randomBytes(4)).readUInt32BE() / 2 ** 32,
    unique: () => Buffer.from(world.randomBytes(6)).toString('hex'),
    redactor: (secrets) => createRedactor(secrets),
    report: (line) => report(world, line),
  };
}
