import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readSync, realpathSync, statSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { findTool } from '../process/tool.ts';
import type { HookUser } from './hook-user.ts';

type OtherUser = Extract<HookUser, { readonly kind: 'other' }>;

/**
 * Why the user that root steps down to cannot run this executable file, as one line; null when it can. The modes
 * settle it for most; for groups of the user and access lists, that user is asked, once for each file.
 */
export function createReach(user: OtherUser, path: string | undefined): (hook: string) => string | null {
  const known = new Map<string, string | null>();
  return (hook) => {
    const reason = known.get(hook);
    if (reason !== undefined) return reason;
    const found = isOpen(hook, user) || mayRun(hook, user, path) ? null : reasonFor(hook, user);
    known.set(hook, found);
    return found;
  };
}

function reasonFor(hook: string, { name }: OtherUser): string {
  return `${hook} cannot be read and executed by ${name}, whom hooks.user names: chmod o+rx it, and o+x the directories above it`;
}

/** By the modes alone, and the user’s own group. */
function isOpen(hook: string, user: OtherUser): boolean {
  const file = realpathSync(hook);
  if (!allows(statSync(file), isScript(file) ? 0o5 : 0o1, user)) return false;
  for (let place = dirname(file); ; place = dirname(place)) {
    if (!allows(statSync(place), 0o1, user)) return false;
    if (place === '/') return true;
  }
}

function allows(stats: Stats, wanted: number, user: OtherUser): boolean {
  const shift = stats.uid === user.uid ? 6 : stats.gid === user.gid ? 3 : 0;
  return ((stats.mode >> shift) & wanted) === wanted;
}

function isScript(file: string): boolean {
  const fd = openSync(file, 'r');
  try {
    const start = Buffer.alloc(2);
    readSync(fd, start, 0, 2, 0);
    return start.toString('latin1') === '#!';
  } finally {
    closeSync(fd);
  }
}

function mayRun(hook: string, user: OtherUser, path: string | undefined): boolean {
  const setpriv = findTool('setpriv', path);
  // That it is not there is said elsewhere.
  if (setpriv === null) return true;
  const identity = [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--init-groups'];
  const test = isScript(hook) ? 'test -x "$1" && test -r "$1"' : 'test -x "$1"';
  const args = [...identity, '--', '/bin/sh', '-c', test, 'sh', hook];
  return spawnSync(setpriv, args, { env: {}, cwd: '/', stdio: 'ignore' }).status === 0;
}
