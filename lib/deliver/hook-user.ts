import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Owner } from '../state/runtime-directory.ts';

/** Whom hooks run as. */
export type HookUser =
  | { readonly kind: 'self' }
  /** root steps down to this user */
  | ({ readonly kind: 'other'; readonly name: string; readonly home: string } & Owner)
  /** no hook may run */
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Whom hooks run as: for an ordinary user, that user. Root must have written down whom: `hooks.user`, which may be
 * `root`. `passwd` gives text like /etc/passwd, passwd(5), with that user in it.
 */
export function hookUser(uid: number, user: string | null, passwd: (user: string) => string): HookUser {
  if (uid !== 0) return { kind: 'self' };
  if (user === null) {
    const reason =
      'puptime runs as root and hooks.user is not set: name the user that hooks run as (root is one that can be written down)';
    return { kind: 'refused', reason };
  }
  if (user === 'root' || user === '0') return { kind: 'self' };
  const entry = entryOf(user, passwd(user));
  if (entry !== null) return { kind: 'other', ...entry };
  const numeric = NUMBER.test(user) ? ': its group and home are in its entry there, so it needs one' : '';
  return {
    kind: 'refused',
    reason: `hooks.user: there is no user ${JSON.stringify(user)} in /etc/passwd, and getent knows none${numeric}`,
  };
}

/**
 * /etc/passwd; where the user is not in it, what getent(1) knows: users of a directory service or of systemd. Throws
 * the errno.
 */
export function readPasswd(user: string): string {
  const passwd = readFileSync('/etc/passwd', 'utf8');
  if (entryOf(user, passwd) !== null) return passwd;
  const { stdout, error } = spawnSync('getent', ['passwd', '--', user], {
    encoding: 'utf8',
    timeout: 10_000,
  });
  return error === undefined ? stdout : '';
}

function entryOf(user: string, passwd: string) {
  for (const line of passwd.split('\n')) {
    const [name = '', , uid = '', gid = '', , home] = line.split(':');
    if ((name !== user && uid !== user) || !isId(uid) || !isId(gid)) continue;
    return { name, uid: Number(uid), gid: Number(gid), home: home === undefined || home === '' ? '/' : home };
  }
  return null;
}

const NUMBER = /^\d+$/;

/** Empty must not become 0, and the highest means “unchanged” to setresuid(2). */
function isId(text: string): boolean {
  return NUMBER.test(text) && Number(text) < 0xffff_ffff;
}

/** The user that files for hooks must belong to; null: the one that runs puptime. */
export function ownerOf(user: HookUser): Owner | null {
  return user.kind === 'other' ? { uid: user.uid, gid: user.gid } : null;
}
