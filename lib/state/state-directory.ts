import { existsSync, mkdirSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { EXIT, UserError } from '../words/problem.ts';
import { createFile, errnoOf, syncDirectory } from './durable-file.ts';
import { FORMAT, formatOf, readFormat, saltIn } from './format.ts';
import { lostId } from './identity.ts';
import { createOverlay, readOverlayFormat, type Overlay } from './overlay.ts';

/** What this part of puptime needs of the world around it. */
export interface StateWorld {
  readonly uid: number;
  /** where an overlay may be */
  readonly env: { readonly [name: string]: string | undefined };
  /** for the salt, once, when the directory is made */
  readonly randomBytes: (count: number) => Uint8Array;
  /** one line for stderr: what was damaged, set aside, cut short */
  readonly report: (line: string) => void;
}

/** A state directory that is ours and of a format that we know. */
export interface State {
  /** absolute */
  readonly dir: string;
  /** makes the ids of this directory unlike those of any other */
  readonly salt: string;
  /** why the directory could not be made (`ENOSPC`): then all is in the overlay; null: it is there */
  readonly missing: string | null;
  readonly overlay: Overlay;
  /** says each line once */
  readonly report: (line: string) => void;
}

/** Names of what is in it. */
export const QUEUE = 'queue';
export const DEAD = 'dead';
export const CORRUPT = 'corrupt';
const OUR_DIRECTORIES = [QUEUE, DEAD, CORRUPT];

/**
 * Opens the state directory, making it (0700) where there is none. Throws `UserError`: 77 when it belongs to another
 * user or others may write in it, 78 when a newer puptime wrote it, 74 when it is no state directory, is damaged, lies on
 * a network file system without real locks, or cannot be read.
 */
export function openState(dir: string, world: StateWorld): State {
  const present = saltThere(dir, world);
  if (present !== null) return stateOf(dir, present, null, world);
  try {
    makeDirectory(dir);
    return stateOf(dir, makeState(dir, world), null, world);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    if (!CANNOT_WRITE.has(errno)) throw unusable(dir, errno);
    const made = saltMadeIn(dir);
    if (made !== null) return stateOf(dir, made, null, world);
    return stateOf(dir, saltOfOverlay(dir, world) ?? lostId('', dir), errno, world);
  }
}

/**
 * Null when there is no state yet. One that is there and cannot be read is not taken for none: all that it knows would be
 * announced again under other ids.
 */
function saltThere(dir: string, world: StateWorld): string | null {
  try {
    refuseUnsafe(dir, world.uid);
    refuseNetworkFileSystem(dir);
    const salt = readFormat(dir, OUR_DIRECTORIES);
    if (salt !== null) mendMissing(dir);
    return salt;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT') return null;
    throw errno === undefined ? error : unusable(dir, errno);
  }
}

/** What failed may have come after FORMAT: whoever reads that next would announce under its salt what we announce under another. */
function saltMadeIn(dir: string): string | null {
  try {
    return readFormat(dir, OUR_DIRECTORIES);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return null;
  }
}

function stateOf(dir: string, salt: string, missing: string | null, world: StateWorld): State {
  const said = new Set<string>();
  const report = (line: string) => {
    if (!said.has(line)) world.report(line);
    said.add(line);
  };
  return { dir, salt, missing, overlay: createOverlay(dir, formatOf(salt), world), report };
}

/** A directory that could not be made until now goes on with the ids that were given meanwhile. */
function saltOfOverlay(dir: string, world: StateWorld): string | null {
  const format = readOverlayFormat(dir, world);
  return format === null ? null : saltIn(format);
}

/** Where parts of the state may be: its directory, and the overlay, which is newer. */
export function directoriesOf(state: State): readonly string[] {
  const overlay = state.overlay.found();
  return [...(state.missing === null ? [state.dir] : []), ...(overlay === null ? [] : [overlay])];
}

/** As if the write had been tried that the missing directory cannot take. */
export function missingError({ missing }: State): Error {
  return Object.assign(new Error(missing ?? 'ENOENT'), { code: missing ?? 'ENOENT', syscall: 'open' });
}

/** Like `openState` for those who only look (status, events): null when there is no state yet. */
export function findState(dir: string, world: StateWorld): State | null {
  try {
    refuseUnsafe(dir, world.uid);
    const salt = readFormat(dir, OUR_DIRECTORIES);
    return salt === null ? null : stateOf(dir, salt, null, world);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT') {
      const salt = saltOfOverlay(dir, world);
      return salt === null ? null : stateOf(dir, salt, errno, world);
    }
    throw errno === undefined ? error : unusable(dir, errno);
  }
}

const CANNOT_WRITE: ReadonlySet<string> = new Set([
  'ENOSPC',
  'EDQUOT',
  'EROFS',
  'EIO',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
]);

function unusable(dir: string, errno: string): UserError {
  if (errno === 'ENOTDIR' || errno === 'EEXIST') {
    return new UserError(
      EXIT.io,
      `state ${dir}: it, or something above it, is not a directory: give another one with --state`,
    );
  }
  if (errno === 'EACCES' || errno === 'EPERM') {
    const text = `state ${dir}: this user may not use it (${errno}): give another one with --state, or chown it`;
    return new UserError(EXIT.notPermitted, text);
  }
  return new UserError(EXIT.io, `state ${dir}: cannot be read (${errno})`);
}

function refuseUnsafe(dir: string, uid: number): void {
  const stats = statSync(dir);
  if (!stats.isDirectory()) throw unusable(dir, 'ENOTDIR');
  if (stats.uid !== uid) {
    const text = `state ${dir}: belongs to user ${stats.uid}, but this is user ${uid}: run as that user, or give another one with --state`;
    throw new UserError(EXIT.notPermitted, text);
  }
  if ((stats.mode & 0o022) !== 0) {
    const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0');
    throw new UserError(
      EXIT.notPermitted,
      `state ${dir}: others may write in it (mode ${mode}): chmod 0700 ${dir}`,
    );
  }
}

// From statfs(2). Their flock(2) is emulated, and does not always hold.
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
]);

function refuseNetworkFileSystem(dir: string): void {
  const name = NETWORK_FILE_SYSTEMS.get(statfsSync(dir).type);
  if (name === undefined) return;
  throw new UserError(
    EXIT.io,
    `state ${dir}: lies on ${name}, where locks do not hold: put it on a local disk`,
  );
}

function makeMissing(dir: string): void {
  for (const name of OUR_DIRECTORIES) if (!existsSync(`${dir}/${name}`)) makeDirectory(`${dir}/${name}`);
}

/** On a disk that takes nothing we can do without all of them but the queue, which is locked and read. */
function mendMissing(dir: string): void {
  try {
    makeMissing(dir);
  } catch (error) {
    const canWait = CANNOT_WRITE.has(errnoOf(error) ?? '') && existsSync(`${dir}/${QUEUE}`);
    if (!canWait) throw error;
  }
}

/** With those above it. Not by `recursive`, which says ENOENT where the file system says EROFS. */
function makeDirectory(dir: string): void {
  if (!existsSync(dirname(dir))) makeDirectory(dirname(dir));
  try {
    mkdirSync(dir, { mode: 0o700 });
  } catch (error) {
    // Another process may be at it, too.
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
}

function makeState(dir: string, world: StateWorld): string {
  makeMissing(dir);
  syncDirectory(dir);
  syncAbove(dir);
  const salt = saltOfOverlay(dir, world) ?? Buffer.from(world.randomBytes(16)).toString('hex');
  const unique = Buffer.from(world.randomBytes(8)).toString('hex');
  // Last, so that a directory with FORMAT is whole; two makers at once: the first one’s salt holds.
  if (createFile(`${dir}/${FORMAT}`, formatOf(salt), unique)) return salt;
  const first = readFormat(dir, OUR_DIRECTORIES);
  if (first === null)
    throw new UserError(EXIT.io, `state ${dir}: its file FORMAT was taken away while it was opened`);
  return first;
}

/** Its own name must outlive a power cut, too, and so must those of the directories above that were made with it. */
function syncAbove(dir: string): void {
  const { dev } = statSync(dir);
  for (let place = dirname(dir); statSync(place).dev === dev; place = dirname(place)) {
    try {
      syncDirectory(place);
    } catch (error) {
      // What this user may not even open, it has not made.
      if (errnoOf(error) === 'EACCES' || errnoOf(error) === 'EINVAL') return;
      throw error;
    }
    if (place === dirname(place)) return;
  }
}
