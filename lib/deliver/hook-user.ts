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
 * `root`. `passwd` is text like /etc/passwd, passwd(5).
 */
export function hookUser(uid: number, user: string | null, passwd: () => string): HookUser {
  if (uid !== 0) return { kind: 'self' };
  if (user === null) {
    const reason =
      'puptime runs as root and hooks.user is not set: name the user that hooks run as (root is one that can be written down)';
    return { kind: 'refused', reason };
  }
  if (user === 'root' || user === '0') return { kind: 'self' };
  for (const line of passwd().split('\n')) {
    const [name, , uidText, gidText, , home] = line.split(':');
    if (name === undefined || gidText === undefined || (name !== user && uidText !== user)) continue;
    return { kind: 'other', name, uid: Number(uidText), gid: Number(gidText), home: home ?? '/' };
  }
  return { kind: 'refused', reason: `hooks.user: there is no user ${JSON.stringify(user)} in /etc/passwd` };
}

/** /etc/passwd as it is. Throws the errno. */
export function readPasswd(): string {
  return readFileSync('/etc/passwd', 'utf8');
}

/** The user that files for hooks must belong to; null: the one that runs puptime. */
export function ownerOf(user: HookUser): Owner | null {
  return user.kind === 'other' ? { uid: user.uid, gid: user.gid } : null;
}
