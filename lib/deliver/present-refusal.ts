import type { HooksConfig, ServiceHooks } from '../words/service.ts';
import type { Refusal } from './delivery-record.ts';
import { vetHook } from './hook-lookup.ts';
import { openSandbox } from './hook-sandbox.ts';
import { placeOfHooks } from './hook-setting.ts';
import { hookUser, readPasswd } from './hook-user.ts';
import type { DeliverWorld } from './world.ts';

export interface PresentConfig {
  readonly hooks: HooksConfig;
  readonly services: readonly { readonly name: string; readonly hooks: ServiceHooks }[];
}

/**
 * Why a hook would be refused if it were started now. Looks at each file once; one that is gone is refused only where the
 * config names it.
 */
export async function presentRefusal(
  { hooks, services }: PresentConfig,
  { uid, env }: Pick<DeliverWorld, 'uid' | 'env'>,
): Promise<Refusal> {
  const user = hookUser(uid, hooks.user, readPasswd);
  const place = placeOfHooks(hooks, user, { uid, env });
  const general = await openSandbox({ kind: hooks.sandbox, user, uid, path: env.PATH }).refusal();
  const named = new Set(services.flatMap((service) => Object.values(service.hooks.run).flat()));
  const reasons = new Map<string, string | null>();
  const reasonFor = (path: string): string | null => {
    if (general !== null) return general;
    const vetting = vetHook(path, place);
    if (vetting.kind === 'refused') return vetting.reason;
    return vetting.kind === 'gone' && named.has(path) ? `${path} does not exist` : null;
  };
  return ({ hook }) => {
    if (hook === null) return null;
    const known = reasons.get(hook.path);
    if (known !== undefined) return known;
    const reason = reasonFor(hook.path);
    reasons.set(hook.path, reason);
    return reason;
  };
}
