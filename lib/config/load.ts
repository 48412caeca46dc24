import type { Checked, Config } from '../words/service.ts';
import { sha256 } from '../words/sha256.ts';
import { VERSION } from '../words/version.ts';
import { type Cached, readCache, writeCache } from './cache.ts';
import type { CacheWorld } from './cache-file.ts';
import { type FilesWorld, type Source, type Sources, readSources } from './config-files.ts';

export interface LoadRequest {
  /** of -c; null: the usual places */
  readonly files: readonly string[] | null;
}

/**
 * The checked config, or every problem with its place. Throws UserError: 66 no such file, 74 or 77 it cannot or must
 * not be read, 78 it is no text.
 */
export async function loadConfig(
  request: LoadRequest,
  world: FilesWorld & CacheWorld,
): Promise<Checked<Config>> {
  return loadSources(readSources(request.files, world), world);
}

/** The same for texts that were read. What was checked before is taken from the cache, without yaml or any prober. */
export async function loadSources(
  { sources, found }: Sources,
  world: FilesWorld & CacheWorld,
): Promise<Checked<Config>> {
  const files = sources.map(({ file }) => file);
  const key = JSON.stringify([VERSION, world.cwd, sources]);
  const place = { kind: 'config', slot: [world.cwd, ...files], key };
  const known = await readCache(place, world);
  if (known !== null) return { ok: true, value: whole(known) };
  const { checkConfig } = await import('./check-config.ts');
  const checked = await checkConfig(sources, world);
  if (!checked.ok) return checked;
  const made = { ...checked.value, config: { ...checked.value.config, hash: hashOf(sources) } };
  writeCache(place, made, world);
  return { ok: true, value: whole(made) };

  function whole({ config, dependencies }: Cached): Config {
    return { ...config, files, found, fixed: dependencies.length === 0 };
  }
}

/** `sha256:…` over names and texts. */
function hashOf(sources: readonly Source[]): string {
  const parts = sources.map(({ file, text }) => `\0${file}\0${String(text.length)}\0${text}`);
  return `sha256:${sha256(parts.join(''))}`;
}
