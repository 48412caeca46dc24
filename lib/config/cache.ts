import type { Config } from '../words/service.ts';
import { type CachePlace, type CacheWorld, readCacheFile, writeCacheFile } from './cache-file.ts';
import type { Dependency } from './early-references.ts';

export interface Cached {
  readonly config: Omit<Config, 'files' | 'found' | 'fixed'>;
  /** values outside of the texts that it was made with */
  readonly dependencies: readonly Dependency[];
}

/**
 * The checked config of this key, if it is there, ours, and made with the values of today. It holds no secret:
 * references are still text. Whatever is wrong with the cache, the config is then checked anew.
 */
export async function readCache(place: CachePlace, world: CacheWorld): Promise<Cached | null> {
  // What is under this key was written by writeCache.
  const stored = readCacheFile(place, world) as Cached | null;
  if (stored === null || stored.dependencies.length === 0) return stored;
  const { areUnchanged } = await import('./early-references.ts');
  return areUnchanged(stored.dependencies, world.env) ? stored : null;
}

export function writeCache(place: CachePlace, cached: Cached, world: CacheWorld): void {
  writeCacheFile(place, cached, world);
}
