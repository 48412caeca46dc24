import type { Config } from '../words/service.ts';
import { createHookChecker, type HookChecker, type HookFinding } from './hook-problems.ts';
import { openSandbox } from './hook-sandbox.ts';
import { placeOfHooks } from './hook-setting.ts';
import { hookUser, readPasswd } from './hook-user.ts';
import type { DeliverWorld } from './world.ts';

export interface HookCheck {
  readonly findings: readonly HookFinding[];
  /** hooks that were looked at */
  readonly count: number;
  /** why none of them may run, and the key of the config that it is about; null: they may */
  readonly refusal: { readonly key: 'hooks.user' | 'hooks.sandbox'; readonly text: string } | null;
}

/**
 * Looks at the hooks of a config (`paths` null), or at these files and directories, for the user and in the sandbox that
 * the config names.
 */
export async function checkHooks(
  { hooks, services }: Pick<Config, 'hooks' | 'services'>,
  paths: readonly string[] | null,
  { uid, env }: Pick<DeliverWorld, 'uid' | 'env'>,
): Promise<HookCheck> {
  const user = hookUser(uid, hooks.user, readPasswd);
  const checker = createHookChecker(placeOfHooks(hooks, user, { uid, env }), env.PATH);
  const findings = find(checker, services, paths);
  const count = checker.count();
  // Whom hooks run as matters only where there are some.
  if (hooks.sandbox === 'none' && count === 0) return { findings, count, refusal: null };
  const text = await openSandbox({ kind: hooks.sandbox, user, uid, path: env.PATH }).refusal();
  const key = user.kind === 'refused' ? 'hooks.user' : 'hooks.sandbox';
  return { findings, count, refusal: text === null ? null : { key, text } };
}

function find(
  checker: HookChecker,
  services: Config['services'],
  paths: readonly string[] | null,
): readonly HookFinding[] {
  return paths === null ? checker.all(services) : paths.flatMap(checker.at);
}
