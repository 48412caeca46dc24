import { VERSION } from '../words/version.ts';
import { type CachePlace, type CacheWorld, readCacheFile, writeCacheFile } from './cache-file.ts';
import type { Source } from './config-files.ts';

/**
 * For how long nothing is due, as the last run found that had nothing to do: so that the next one need not load services
 * and memory only to find the same.
 */
export interface Agenda {
  /** the state directory */
  readonly state: string;
  /** of memory and queue, see markOf: what was remembered then is remembered still */
  readonly mark: string;
  /** ms since 1970, both inclusive: the last start of a service that is remembered, and the last instant before one is due */
  readonly from: number;
  readonly until: number;
}

/** What else than the texts an agenda depends on. */
export interface AgendaRequest {
  readonly cwd: string;
  readonly sources: readonly Source[];
  /** all that decides which state directory it is */
  readonly state: readonly (string | undefined)[];
}

/** The one that was written for these texts, if any. */
export function readAgenda(request: AgendaRequest, world: CacheWorld): Agenda | null {
  // What is under this key was written by writeAgenda.
  return readCacheFile(placeOf(request), world) as Agenda | null;
}

export function writeAgenda(agenda: Agenda, request: AgendaRequest, world: CacheWorld): void {
  writeCacheFile(placeOf(request), agenda, world);
}

function placeOf({ cwd, sources, state }: AgendaRequest): CachePlace {
  return {
    kind: 'agenda',
    slot: [cwd, ...sources.map(({ file }) => file), JSON.stringify(state)],
    key: JSON.stringify([VERSION, cwd, state, sources]),
  };
}
