import { readFileSync } from 'node:fs';
import { findTool } from '../process/tool.ts';
import type { HookUser } from './hook-user.ts';

/** How hooks lose what puptime may and they need not. */
export interface StepDown {
  /** Why that cannot be done: one line, with what to do; null: it can, or there is nothing to lose. */
  readonly refusal: () => string | null;
  /** the command that does it and then runs `command` */
  readonly before: (command: readonly string[]) => readonly string[];
}

/**
 * By setpriv(1) of util-linux. Root becomes the user of the hooks, groups and all, without a capability and for good.
 * An ordinary user only gives up capabilities that came with the start (AmbientCapabilities= of a unit that may ping):
 * nothing more, for a setgid sendmail must work. Nothing is looked at before it is needed.
 */
export function createStepDown(user: HookUser, uid: number, path: string | undefined): StepDown {
  let known: readonly string[] | string | null = null;
  const words = () => (known ??= wordsFor(user, uid, path));
  return {
    refusal: () => {
      const found = words();
      return typeof found === 'string' ? found : null;
    },
    before: (command) => {
      const found = words();
      if (typeof found === 'string') throw new Error('a hook that is refused is not started');
      return [...found, ...command];
    },
  };
}

function wordsFor(user: HookUser, uid: number, path: string | undefined): readonly string[] | string {
  if (user.kind === 'refused') return user.reason;
  if (user.kind === 'self' && (uid === 0 || !inheritsCapabilities())) return [];
  const setpriv = findTool('setpriv', path);
  if (setpriv === null) {
    const what = user.kind === 'self' ? 'hooks lose inherited capabilities' : 'root steps down to hooks.user';
    return `the program setpriv is not there, and ${what} with it: install util-linux`;
  }
  const capabilities = ['--inh-caps=-all', '--ambient-caps=-all'];
  if (user.kind === 'self') return [setpriv, ...capabilities, '--'];
  const identity = [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--init-groups'];
  return [setpriv, ...identity, ...capabilities, '--bounding-set=-all', '--no-new-privs', '--'];
}

/** Whether what we start would have capabilities by us, capabilities(7). */
function inheritsCapabilities(): boolean {
  const status = readFileSync('/proc/self/status', 'latin1');
  return /^Cap(?:Amb|Inh):\s*0*[1-9a-f]/m.test(status);
}
