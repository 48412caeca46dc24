import { readdirSync, statSync } from 'node:fs';
import { errnoOf, removeIfThere } from './durable-file.ts';
import { DEAD, directoriesOf, QUEUE, type State } from './state-directory.ts';

/** Whoever writes a file gives it its name at once: an older one is nobody’s. */
const STALE_MS = 3_600_000;

/** Takes away temporary files that killed runs have left. Needs no lock. `now`: ms since the epoch. */
export function removeStale(state: State, now: number): void {
  if (state.missing !== null) return;
  for (const directory of directoriesOf(state)) {
    for (const part of ['', `/${QUEUE}`, `/${DEAD}`]) removeStaleIn(`${directory}${part}`, now);
  }
}

function removeStaleIn(directory: string, now: number): void {
  try {
    for (const name of readdirSync(directory)) {
      if (!name.endsWith('.tmp')) continue;
      const stats = statSync(`${directory}/${name}`, { throwIfNoEntry: false });
      if (stats?.isFile() === true && now - stats.mtimeMs > STALE_MS) removeIfThere(`${directory}/${name}`);
    }
  } catch (error) {
    // They are in nobody’s way; a disk that is ill is told of by those who need it.
    if (errnoOf(error) === undefined) throw error;
  }
}
