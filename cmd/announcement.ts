import { findHooks } from '../lib/deliver/hook-lookup.ts';
import { hookUser, ownerOf, readPasswd } from '../lib/deliver/hook-user.ts';
import type { HookReference } from '../lib/state/hook-reference.ts';
import type { Draft } from '../lib/words/draft.ts';
import type { EventKind } from '../lib/words/event.ts';
import { safeLine } from '../lib/words/safe-text.ts';
import type { Config, ServiceHooks } from '../lib/words/service.ts';
import type { World } from './world.ts';

/** What --dry-run says of an event: one line, with the hooks that would run for it. */
export function announcementOf(
  { event, service, summary }: Pick<Draft, 'event' | 'service' | 'summary'>,
  { hooks: own }: { readonly hooks: ServiceHooks | null },
  config: Pick<Config, 'hooks'>,
  world: World,
): string {
  const name = `on_${event}`;
  const hooks = hooksFor(event, own, config, world);
  const who = hooks.length === 0 ? 'no hook is there for it' : hooks.map(({ path }) => path).join(', ');
  return `would be announced: ${name} for ${safeLine(service)}: ${safeLine(summary)} (${who})`;
}

/** The hooks that an event of a service goes to. */
export function hooksFor(
  event: EventKind,
  own: ServiceHooks | null,
  config: Pick<Config, 'hooks'>,
  world: World,
): readonly HookReference[] {
  const user = hookUser(world.uid, config.hooks.user, readPasswd);
  const place = { dir: config.hooks.dir, uid: ownerOf(user)?.uid ?? world.uid };
  return findHooks(`on_${event}`, own, place).hooks;
}
