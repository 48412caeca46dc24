import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';

/** What the cache needs of the world. */
export interface CacheWorld {
  readonly env: { readonly [name: string]: string | undefined };
  readonly uid: number;
}

/** Where something that was made of config texts is kept. */
export interface CachePlace {
  /** what it is: `config`, `agenda` */
  readonly kind: string;
  /** the names of its files: what was made of an edited config takes the place of what was made before */
  readonly slot: readonly string[];
  /** one line with their texts and puptime’s version: compared whole, which is cheaper than loading a hash function */
  readonly key: string;
}

/** JSON that was kept for this very key, if it is there and ours. Whatever is wrong with the cache: null. */
export function readCacheFile(place: CachePlace, world: CacheWorld): unknown {
  const file = fileFor(place, world);
  if (file === null) return null;
  try {
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(descriptor);
      if (!stats.isFile() || stats.uid !== world.uid || (stats.mode & 0o077) !== 0) return null;
      const text = readFileSync(descriptor, 'utf8');
      // What nobody else can write was written here: the key says that it is of this text and version.
      if (!text.startsWith(`${place.key}\n`)) return null;
      return JSON.parse(text.slice(place.key.length + 1));
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    return forget(error);
  }
}

/** Atomically; where it cannot be kept, it is not. */
export function writeCacheFile(place: CachePlace, value: unknown, world: CacheWorld): void {
  const file = fileFor(place, world);
  if (file === null) return;
  try {
    makeDirectory(file.slice(0, file.lastIndexOf('/')));
    const temporary = `${file}.${process.pid}`;
    // What a run of the same number left, which was ended while it wrote.
    rmSync(temporary, { force: true });
    writeFileSync(temporary, `${place.key}\n${JSON.stringify(value)}`, { mode: 0o600, flag: 'wx' });
    renameSync(temporary, file);
  } catch (error) {
    forget(error);
  }
}

/** It and the one above it. Not `recursive`, which never comes back where the kernel says ENOENT to a mkdir (/proc). */
function makeDirectory(path: string): void {
  for (const directory of [path.slice(0, path.lastIndexOf('/')), path]) {
    if (!existsSync(directory)) mkdirSync(directory, { mode: 0o700 });
  }
}

function fileFor({ kind, slot }: CachePlace, { env, uid }: CacheWorld): string | null {
  const home = env['HOME'] ? `${env['HOME']}/.cache` : null;
  const top = env['XDG_CACHE_HOME'] || (uid === 0 ? '/var/cache' : home);
  return top === null || top === '' ? null : `${top}/puptime/${kind}-${shortHash(slot.join('\0'))}`;
}

/** FNV-1a. Two sets of files that share one only take turns in their place. */
function shortHash(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/** Files and JSON may fail in any way; anything else is a bug. */
function forget(error: unknown): null {
  if (error instanceof SyntaxError || (error instanceof Error && 'code' in error)) return null;
  throw error;
}
