import { createHash } from 'node:crypto';
import type { Checked, Config } from '../words/service.ts';
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
  const about = { files, hash: hashOf(sources, ''), found };
  const place = {
    slot: hashOf(
      sources.map(({ file }) => ({ file, text: '' })),
      world.cwd,
    ),
    key: hashOf(sources, `${VERSION} ${world.cwd}`),
  };
  const known = await readCache(place, world);
  if (known !== null) return { ok: true, value: { ...known, ...about } };
  const { checkConfig } = await import('./check-config.ts');
  const checked = await checkConfig(sources, world);
  if (!checked.ok) return checked;
  writeCache(place, checked.value, world);
  return { ok: true, value: { ...checked.value.config, ...about } };
}

/** `sha256:…` over names and texts. */
function hashOf(sources: readonly Source[], salt: string): string {
  const hash = createHash('sha256').update(salt);
  for (const { file, text } of sources) hash.update(`\0${file}\0${String(text.length)}\0`).update(text);
  return `sha256:${hash.digest('hex')}`;
}
