import { existsSync, mkdirSync, readdirSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { EXIT, UserError } from '../words/problem.ts';
import { createFile, errnoOf, syncDirectory } from './durable-file.ts';
import { lostId } from './identity.ts';

/** What this part of puptime needs of the world around it. */
export interface StateWorld {
  readonly uid: number;
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
  /** why the directory could not be made (`ENOSPC`): hooks still run, nothing is remembered; null: it is there */
  readonly missing: string | null;
  readonly report: (line: string) => void;
}

/** Names of what is in it. */
export const QUEUE = 'queue';
export const DEAD = 'dead';
export const CORRUPT = 'corrupt';
const FORMAT = 'FORMAT';
const FORMAT_VERSION = 1;
const OUR_DIRECTORIES = [QUEUE, DEAD, CORRUPT];

/**
 * Opens the state directory, making it (0700) where there is none. Throws `UserError`: 77 when it belongs to another
 * user or others may write in it, 78 when a newer puptime wrote it, 74 when it is no state directory, is damaged, lies on
 * a network file system without real locks, or cannot be read.
 */
export function openState(dir: string, world: StateWorld): State {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    refuseUnsafe(dir, world.uid);
    refuseNetworkFileSystem(dir);
    const salt = readFormat(dir) ?? makeState(dir, world);
    makeMissing(dir);
    return { dir, salt, missing: null, report: world.report };
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    if (!CANNOT_WRITE.has(errno)) throw unusable(dir, errno);
    return { dir, salt: lostId('', dir), missing: errno, report: world.report };
  }
}

/** Like `openState` for those who only look (status, events): null when there is no state yet. */
export function findState(dir: string, world: StateWorld): State | null {
  try {
    refuseUnsafe(dir, world.uid);
    const salt = readFormat(dir);
    return salt === null ? null : { dir, salt, missing: null, report: world.report };
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT') return null;
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
  if (!stats.isDirectory()) {
    throw new UserError(EXIT.io, `state ${dir}: is not a directory: give another one with --state`);
  }
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

/** The salt; null when the directory is empty or its making was cut short. */
function readFormat(dir: string, mayHaveCome = true): string | null {
  let text: string;
  try {
    text = readFileSync(`${dir}/${FORMAT}`, 'latin1').slice(0, 200);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    const names = readdirSync(dir);
    // Another process has just made it.
    if (names.includes(FORMAT) && mayHaveCome) return readFormat(dir, false);
    refuseForeign(dir, names);
    return null;
  }
  const [, version, salt] = /^puptime-state (\d{1,6}) ?(\S*)/.exec(text) ?? [];
  if (version !== undefined && Number(version) > FORMAT_VERSION) {
    const text = `state ${dir}: has format ${version}, this puptime knows up to ${FORMAT_VERSION}: use the newer puptime, or another --state`;
    throw new UserError(EXIT.config, text);
  }
  if (salt === undefined || !/^[0-9a-f]{32}$/.test(salt)) {
    const text = `state ${dir}: its file FORMAT is damaged, expected "puptime-state ${FORMAT_VERSION} …": put it back from a backup, or move the directory away to begin anew`;
    throw new UserError(EXIT.io, text);
  }
  return salt;
}

function refuseForeign(dir: string, names: readonly string[]): void {
  const foreign = names.find(
    (name) => !OUR_DIRECTORIES.includes(name) && !MADE_BY_OTHERS.has(name) && !name.startsWith(`${FORMAT}.`),
  );
  if (foreign === undefined) return;
  const text = `state ${dir}: is not a state directory of puptime: it has no file FORMAT, but other things in it (${JSON.stringify(foreign)}): give an empty or a new directory with --state`;
  throw new UserError(EXIT.io, text);
}

/** What is in a fresh file system, and what people may put there before the first run. */
const MADE_BY_OTHERS: ReadonlySet<string> = new Set(['lost+found', 'beats', 'silences', 'run']);

function makeMissing(dir: string): void {
  for (const name of OUR_DIRECTORIES) {
    // Another process may be at it, too.
    if (!existsSync(`${dir}/${name}`)) mkdirSync(`${dir}/${name}`, { recursive: true, mode: 0o700 });
  }
}

function makeState(dir: string, world: StateWorld): string {
  makeMissing(dir);
  syncDirectory(dir);
  const salt = Buffer.from(world.randomBytes(16)).toString('hex');
  // Last, so that a directory with FORMAT is whole; two makers at once: the first one’s salt holds.
  if (createFile(`${dir}/${FORMAT}`, `puptime-state ${FORMAT_VERSION} ${salt}\n`, salt)) return salt;
  const first = readFormat(dir);
  if (first === null)
    throw new UserError(EXIT.io, `state ${dir}: its file FORMAT was taken away while it was opened`);
  return first;
}
