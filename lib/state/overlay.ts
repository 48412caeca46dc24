import { lstatSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { sha256 } from '../words/sha256.ts';
import { errnoOf, removeIfThere, replaceFile } from './durable-file.ts';
import { FORMAT } from './format.ts';

export interface OverlayWorld {
  readonly env: { readonly [name: string]: string | undefined };
  readonly uid: number;
}

/**
 * Where the state goes while its own directory takes nothing: the same files (queue/, memory.ndjson, deliveries.ndjson) in
 * a private directory in memory, or wherever this host lets us. What is in it is newer truth than what is in the state
 * directory; the first run that can write that one again moves all of it there.
 */
export interface Overlay {
  /** its path; null while there is none */
  readonly found: () => string | null;
  /** the same, made if need be; null when no place takes it */
  readonly make: () => string | null;
  /** Takes it away once nothing is left in it. */
  readonly discard: () => void;
}

/**
 * The overlay of the state directory `dir` (absolute). `format` is the content of that one’s FORMAT: an overlay of another
 * salt is none.
 */
export function createOverlay(dir: string, format: string, world: OverlayWorld): Overlay {
  const places = placesOf(dir, world);
  let present: string | null = null;
  const found = () => {
    if (present !== null && readFormat(present, world.uid) === format) return present;
    present = places.find((place) => readFormat(place, world.uid) === format) ?? null;
    return present;
  };
  return {
    found,
    make: () => {
      const last = found();
      present = (last === null ? places : [last]).find((place) => makeIn(place, format, world.uid)) ?? null;
      return present;
    },
    discard: () => {
      const place = found();
      if (place !== null) attempt(() => removeEmpty(place));
    },
  };
}

/** The salt of an overlay that was made while the state directory itself could not be; null: there is none. */
export function readOverlayFormat(dir: string, world: OverlayWorld): string | null {
  for (const place of placesOf(dir, world)) {
    const format = readFormat(place, world.uid);
    if (format !== null) return format;
  }
  return null;
}

/**
 * First what is the same for whoever starts puptime: cron knows no XDG_RUNTIME_DIR, systemd gives a RUNTIME_DIRECTORY to
 * one unit and not to the other, and takes both away.
 */
function placesOf(dir: string, { env, uid }: OverlayWorld): readonly string[] {
  const name = `puptime-state-${uid}-${sha256(dir).slice(0, 16)}`;
  const runtime = env.RUNTIME_DIRECTORY?.split(':')[0];
  const bases = ['/dev/shm', env.XDG_RUNTIME_DIR ?? `/run/user/${uid}`, runtime, env.TMPDIR ?? '/tmp'];
  return bases.flatMap((base) => (base?.startsWith('/') === true ? [`${base}/${name}`] : []));
}

/** Null unless it is a directory of our own that nobody else may look into, with a whole FORMAT. */
function readFormat(place: string, uid: number): string | null {
  const stats = lstatSync(place, { throwIfNoEntry: false });
  if (stats === undefined || !stats.isDirectory() || stats.uid !== uid || (stats.mode & 0o077) !== 0) {
    return null;
  }
  let format: string | null = null;
  attempt(() => (format = readFileSync(`${place}/${FORMAT}`, 'latin1').slice(0, 200)));
  return format;
}

function makeIn(place: string, format: string, uid: number): boolean {
  return attempt(() => {
    if (lstatSync(place, { throwIfNoEntry: false }) === undefined) mkdirSync(place, { mode: 0o700 });
    const stats = lstatSync(place);
    if (!stats.isDirectory() || stats.uid !== uid) throw refused();
    mkdirSync(`${place}/queue`, { recursive: true, mode: 0o700 });
    replaceFile(`${place}/${FORMAT}`, format, { durable: false });
    if (readFormat(place, uid) !== format) throw refused();
  });
}

function refused(): Error {
  return Object.assign(new Error('belongs to somebody else'), { code: 'EACCES', syscall: 'open' });
}

/** FORMAT last but for the directory: an overlay without it is none. */
function removeEmpty(place: string): void {
  rmdirSync(`${place}/queue`);
  if (['memory.ndjson', 'deliveries.ndjson'].some((name) => isThere(`${place}/${name}`))) {
    mkdirSync(`${place}/queue`, { mode: 0o700 });
    return;
  }
  removeIfThere(`${place}/${FORMAT}`);
  rmdirSync(place);
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** False when the system says no: then there is another place, or another time. */
function attempt(step: () => void): boolean {
  try {
    step();
    return true;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}
