import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf, removeIfThere } from './durable-file.ts';

/** The user that hooks run as, where that is not the one that runs puptime. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface RuntimeWorld {
  readonly env: { readonly [name: string]: string | undefined };
  readonly uid: number;
  readonly pid: number;
  /** of the state directory: the last resort; null without one */
  readonly stateDir: string | null;
  /** null: hooks run as this user */
  readonly owner: Owner | null;
  /** a few random letters, anew each time */
  readonly unique: () => string;
  /** ms since the epoch */
  readonly now: () => number;
}

/** Where hooks get their private copies: memory where there is some, not the disk that may be full. */
export interface Runtime {
  /**
   * Makes a directory of its own (0700, of the hook’s user) with these files in it (0600). Nothing is synced.
   * Tries one place after the other; throws the errno of the last.
   */
  readonly createPrivate: (files: (directory: string) => { readonly [name: string]: string }) => string;
  /** Takes it away with what the hook has left there. */
  readonly removePrivate: (directory: string) => void;
  readonly close: () => void;
}

/** Makes nothing yet: the place is found when the first copy is needed. */
export function openRuntime(world: RuntimeWorld): Runtime {
  let places: (() => string)[] = placesOf(world);
  let present: string | null = null;
  const own: string[] = [];

  const enter = (): string | null => {
    while (present === null) {
      const [place, ...others] = places;
      if (place === undefined) return null;
      places = others;
      try {
        const directory = place();
        if (isOpenTo(directory, world)) present = directory;
        else own.push(directory);
      } catch (error) {
        if (errnoOf(error) === undefined) throw error;
      }
    }
    return present;
  };
  return {
    createPrivate: (files) => {
      for (;;) {
        const place = enter();
        const directory = `${place ?? ''}/event-${world.pid}-${world.unique()}`;
        if (place === null) throw noPlace();
        try {
          fill(directory, files(directory), world.owner);
          return directory;
        } catch (error) {
          if (errnoOf(error) === undefined) throw error;
          rmSync(directory, { recursive: true, force: true });
          own.push(place);
          present = null;
        }
      }
    },
    removePrivate: (directory) => removePrivate(directory, world.owner),
    close: () => {
      for (const directory of present === null ? own : [...own, present]) removeEmpty(directory);
      present = null;
      for (const place of Object.values(lastingPlaces(world))) if (place !== null) sweepCopies(place, world);
    },
  };
}

function placesOf(world: RuntimeWorld): (() => string)[] {
  const { env, uid, pid } = world;
  const fresh = (base: string) => () => {
    sweep(base, world);
    return made(`${base}/puptime-${uid}-${pid}-${world.unique()}`);
  };
  const { given, login, last } = lastingPlaces(world);
  return [
    ...(given === null ? [] : [() => given]),
    ...(login === null ? [] : [() => made(login)]),
    fresh('/dev/shm'),
    fresh(env.TMPDIR?.startsWith('/') === true ? env.TMPDIR : '/tmp'),
    ...(last === null ? [] : [() => made(last)]),
  ];
}

/** Those that stay when a run has ended; null: there is none. */
function lastingPlaces({ env, stateDir }: RuntimeWorld) {
  const runtime = env.RUNTIME_DIRECTORY?.split(':')[0];
  const xdg = env.XDG_RUNTIME_DIR;
  return {
    given: runtime?.startsWith('/') === true ? runtime : null,
    login: xdg?.startsWith('/') === true ? `${xdg}/puptime` : null,
    last: stateDir === null ? null : `${stateDir}/run`,
  };
}

function made(directory: string): string {
  // Whatever the umask: the user that hooks run as must get through.
  if (mkdirSync(directory, { recursive: true }) !== undefined) chmodSync(directory, 0o711);
  return directory;
}

/** Ours, writable by nobody else, and the hook’s user gets through to it. */
function isOpenTo(directory: string, { uid, owner }: RuntimeWorld): boolean {
  const stats = statSync(directory);
  if (stats.uid !== uid || (stats.mode & 0o022) !== 0) return false;
  if (owner === null || owner.uid === 0) return true;
  for (let place = directory; ; place = dirname(place)) {
    const { uid: placeUid, gid, mode } = statSync(place);
    const search = placeUid === owner.uid ? 0o100 : gid === owner.gid ? 0o010 : 0o001;
    if ((mode & search) === 0) return false;
    if (place === '/') return true;
  }
}

function fill(directory: string, files: { readonly [name: string]: string }, owner: Owner | null): void {
  mkdirSync(directory, { mode: 0o700 });
  chmodSync(directory, 0o700);
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(`${directory}/${name}`, text, { mode: 0o600, flag: 'wx' });
    if (owner !== null) chownSync(`${directory}/${name}`, owner.uid, owner.gid);
  }
  if (owner !== null) chownSync(directory, owner.uid, owner.gid);
}

function noPlace(): Error {
  const text =
    'no place for a hook’s copy of its event: neither RUNTIME_DIRECTORY, XDG_RUNTIME_DIR, /dev/shm, TMPDIR nor the state directory takes a file';
  return Object.assign(new Error(text), { code: 'ENOSPC', syscall: 'open' });
}

/** What puptime itself puts in there. */
const OUR_FILES = ['event.json', 'results.ndjson'];

function removePrivate(directory: string, owner: Owner | null): void {
  try {
    if (owner === null) return rmSync(directory, { recursive: true, force: true });
    // Another user may move things about in there while root walks through: take only the names that we know.
    for (const name of OUR_FILES) removeIfThere(`${directory}/${name}`);
    rmdirSync(directory);
  } catch (error) {
    // What a hook leaves behind so that it cannot be removed goes with the memory file system, or stays in TMPDIR.
    if (errnoOf(error) === undefined) throw error;
  }
}

function removeEmpty(directory: string): void {
  if (!/\/puptime-\d+-\d+-[^/]+$/.test(directory)) return;
  try {
    rmdirSync(directory);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}

/** Directories of their own that killed runs have left, with the copies in them. */
function sweep(base: string, world: RuntimeWorld): void {
  for (const name of readdirSync(base)) {
    const [, uid, pid] = /^puptime-(\d+)-(\d+)-/.exec(name) ?? [];
    const directory = `${base}/${name}`;
    if (Number(uid) !== world.uid || !isLeft(directory, pid, world)) continue;
    if (statSync(directory).uid !== world.uid) continue;
    for (const entry of readdirSync(directory)) removePrivate(`${directory}/${entry}`, world.owner);
    removeEmpty(directory);
  }
}

/** The same in a place that stays, where copies are beside one another. */
function sweepCopies(place: string, world: RuntimeWorld): void {
  try {
    if (statSync(place).uid !== world.uid) return;
    for (const name of readdirSync(place)) {
      const [, pid] = /^event-(\d+)-/.exec(name) ?? [];
      if (isLeft(`${place}/${name}`, pid, world)) removePrivate(`${place}/${name}`, world.owner);
    }
  } catch (error) {
    // Mostly it is not there, because no hook has ever needed it.
    if (errnoOf(error) === undefined) throw error;
  }
}

const LEFT_MS = 3_600_000;

/** Of a run that is gone. A young one stays: its hook may still be reading. */
function isLeft(directory: string, pid: string | undefined, world: RuntimeWorld): boolean {
  if (pid === undefined) return false;
  const stats = statSync(directory, { throwIfNoEntry: false });
  if (stats === undefined || world.now() - stats.mtimeMs < LEFT_MS) return false;
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false }) === undefined;
}
