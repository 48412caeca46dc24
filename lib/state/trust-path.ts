import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/**
 * Why `path` cannot be trusted to hold what `uid` or root put there; null when it can. The file, every directory
 * above it and every symbolic link on the way, followed to the end, must be owned by root or `uid` and be writable by
 * nobody else. As a directory, a sticky one (such as /tmp) and one writable by the user's own group alone pass;
 * a file may be writable by the group only where that is the user's private one (same number).
 * A reason is one line that names the place: `/srv/hooks is writable by everybody (mode 0777): chmod o-w /srv/hooks`.
 */
export function distrust(path: string, uid: number): string | null {
  let pending = componentsOf(resolve(path));
  let place = '/';
  let links = 0;
  let reason = faultOf(place, lstatSync(place), uid);
  while (reason === null) {
    const [next, ...rest] = pending;
    if (next === undefined) return null;
    pending = rest;
    const entry = next === '..' ? dirname(place) : join(place, next);
    const stats = lookAt(entry);
    if (typeof stats === 'string') return stats;
    reason = faultOf(entry, stats, uid);
    if (!stats.isSymbolicLink()) {
      place = entry;
      continue;
    }
    if (++links > MOST_LINKS) return `${path} has too many symbolic links on its way`;
    const target = readlinkSync(entry);
    if (target.startsWith('/')) place = '/';
    pending = [...componentsOf(target), ...pending];
  }
  return reason;
}

/** As in Linux, path_resolution(7). */
const MOST_LINKS = 40;

function componentsOf(path: string): string[] {
  return path.split('/').filter((component) => component !== '' && component !== '.');
}

function lookAt(entry: string): Stats | string {
  try {
    return lstatSync(entry);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return code === 'ENOENT' ? `${entry} does not exist` : `${entry} cannot be looked at (${code})`;
  }
}

const GROUP_WRITES = 0o020;
const OTHERS_WRITE = 0o002;
const STICKY = 0o1000;

function faultOf(entry: string, stats: Stats, uid: number): string | null {
  if (stats.uid !== 0 && stats.uid !== uid) {
    const allowed = uid === 0 ? 'root' : `root or user ${uid}`;
    return `${entry} is owned by user ${stats.uid}, expected ${allowed}: chown it, or move it elsewhere`;
  }
  if (stats.isSymbolicLink()) return null;
  if (stats.isDirectory() && (stats.mode & STICKY) !== 0) return null;
  const mode = `mode 0${(stats.mode & 0o7777).toString(8).padStart(3, '0')}`;
  if ((stats.mode & OTHERS_WRITE) !== 0)
    return `${entry} is writable by everybody (${mode}): chmod o-w ${entry}`;
  if ((stats.mode & GROUP_WRITES) !== 0 && !isOwnGroup(stats, uid)) {
    return `${entry} is writable by group ${stats.gid} (${mode}): chmod g-w ${entry}`;
  }
  return null;
}

function isOwnGroup(stats: Stats, uid: number): boolean {
  if (!stats.isDirectory()) return stats.gid === uid;
  return stats.gid === (uid === process.getuid?.() ? process.getgid?.() : uid);
}
