import type { Checked, Config } from '../words/service.ts';
import { sha256 } from '../words/sha256.ts';
import { VERSION } from '../words/version.ts';
import { type CacheWorld, readCache, writeCache } from './cache.ts';
import { type FilesWorld, type Source, readSources } from './config-files.ts';

export interface LoadRequest {
  /** of -c; null: the usual places */
  readonly files: readonly string[] | null;
}

/**
 * The checked config, or every problem with its place. What was checked before is taken from the cache, without yaml or
 * any prober. Throws UserError: 66 no such file, 74 or 77 it cannot or must not be read, 78 it is no text.
 */
export async function loadConfig(
  request: LoadRequest,
  world: FilesWorld & CacheWorld,
): Promise<Checked<Config>> {
  const { sources, found } = readSources(request.files, world);
  const files = sources.map(({ file }) => file);
  const about = { files, found };
  const place = { slot: [world.cwd, ...files], key: JSON.stringify([VERSION, world.cwd, sources]) };
  const known = await readCache(place, world);
  if (known !== null) return { ok: true, value: { ...known, ...about } };
  const { checkConfig } = await import('./check-config.ts');
  const checked = await checkConfig(sources, world);
  if (!checked.ok) return checked;
  const config = { ...checked.value.config, hash: hashOf(sources) };
  writeCache(place, { ...checked.value, config }, world);
  return { ok: true, value: { ...config, ...about } };
}

/** `sha256:…` over names and texts. */
function hashOf(sources: readonly Source[]): string {
  const parts = sources.map(({ file, text }) => `\0${file}\0${String(text.length)}\0${text}`);
  return `sha256:${sha256(parts.join(''))}`;
}
