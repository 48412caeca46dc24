import { EXIT, UserError } from '../lib/words/problem.ts';
import type { Service } from '../lib/words/service.ts';
import { refuseProblems } from './setting.ts';
import type { World } from './world.ts';

/** Whether a word is a URL, and no NAME. */
export function isTarget(word: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(word);
}

/** Bare URLs as services. Problems go to stderr; then UserError 64. */
export async function bareServices(targets: readonly string[], world: World): Promise<readonly Service[]> {
  if (targets.length === 0) return [];
  const { servicesOfTargets } = await import('../lib/config/bare-targets.ts');
  const checked = await servicesOfTargets(targets, world.cwd);
  if (checked.ok) return checked.value;
  refuseProblems(checked.problems, world);
  throw new UserError(EXIT.usage, 'nothing was probed');
}
