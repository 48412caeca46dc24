import { openRuntime } from '../state/runtime-directory.ts';
import type { HooksConfig } from '../words/service.ts';
import type { HookPlace } from './hook-lookup.ts';
import type { HookSetting } from './hook-run.ts';
import { createReach } from './hook-reach.ts';
import { openSandbox } from './hook-sandbox.ts';
import { hookUser, ownerOf, readPasswd, type HookUser } from './hook-user.ts';
import type { DeliverWorld } from './world.ts';

/**
 * All that hooks share in one run: whom they run as, in what, from where. Close its `runtime` at the end.
 * `stateDir`: where copies of events go when nowhere else takes them; null without a state.
 */
export function openHookSetting(
  config: HooksConfig,
  stateDir: string | null,
  world: DeliverWorld,
): { readonly setting: HookSetting; readonly place: HookPlace } {
  const { uid, env } = world;
  const user = hookUser(uid, config.user, readPasswd);
  const sandbox = openSandbox({ kind: config.sandbox, user, uid, path: env.PATH });
  const runtime = openRuntime({ ...world, stateDir, owner: ownerOf(user) });
  const redact = world.redactor(config.env.flatMap((name) => env[name] ?? []));
  return {
    setting: { config, user, sandbox, runtime, env, redact },
    place: placeOfHooks(config, user, world),
  };
}

/** Where hooks are looked for, and as whose. */
export function placeOfHooks(
  config: Pick<HooksConfig, 'dir'>,
  user: HookUser,
  { uid, env }: Pick<DeliverWorld, 'uid' | 'env'>,
): HookPlace {
  if (user.kind !== 'other') return { dir: config.dir, uid };
  return { dir: config.dir, uid: user.uid, reach: createReach(user, env.PATH) };
}
