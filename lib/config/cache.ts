import {
  fstatSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  renameSync,
  writeFileSync,
  constants,
} from 'node:fs';
import type { Config } from '../words/service.ts';

/** What the cache needs of the world. */
export interface CacheWorld {
  readonly env: { readonly [name: string]: string | undefined };
  readonly uid: number;
}

type Cached = Omit<Config, 'files' | 'hash' | 'found'>;

/**
 * The checked config of this key, if it is there and ours. It holds no secret: references are still text. Whatever is
 * wrong with the cache, the config is then checked anew.
 */
export function readCache(key: string, world: CacheWorld): Cached | null {
  const file = fileFor(key, world);
  if (file === null) return null;
  try {
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const { uid, mode } = fstatSync(descriptor);
      if (uid !== world.uid || (mode & 0o077) !== 0) return null;
      const stored = JSON.parse(readFileSync(descriptor, 'utf8')) as {
        readonly key: string;
        readonly config: Cached;
      };
      return stored.key === key ? stored.config : null;
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    return forget(error);
  }
}

/** Atomically, one file for each set of config files; older contents are replaced. */
export function writeCache(key: string, config: Cached, world: CacheWorld): void {
  const file = fileFor(key, world);
  if (file === null) return;
  try {
    mkdirSync(file.slice(0, file.lastIndexOf('/')), { recursive: true, mode: 0o700 });
    const temporary = `${file}.${String(process.pid)}`;
    writeFileSync(temporary, JSON.stringify({ key, config }), { mode: 0o600, flag: 'wx' });
    renameSync(temporary, file);
  } catch (error) {
    forget(error);
  }
}

function fileFor(key: string, { env, uid }: CacheWorld): string | null {
  const home = env['XDG_CACHE_HOME'] || (uid === 0 ? '/var/cache' : env['HOME'] && `${env['HOME']}/.cache`);
  // A few configs in use at once each keep their place.
  return home ? `${home}/puptime/config-${key.slice(7, 9)}.json` : null;
}

/** Files and JSON may fail in any way; anything else is a bug. */
function forget(error: unknown): null {
  if (error instanceof SyntaxError || (error instanceof Error && 'code' in error)) return null;
  throw error;
}
