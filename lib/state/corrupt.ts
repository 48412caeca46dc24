import { readdirSync, renameSync, statSync } from 'node:fs';
import { errnoOf, removeIfThere, replaceFile } from './durable-file.ts';
import { lostId } from './identity.ts';
import { CORRUPT, type State } from './state-directory.ts';

/** How many damaged pieces are kept. */
const MOST_KEPT = 100;

/**
 * Keeps what could not be read in corrupt/, under a name made of where it came from and what it is, so that the same
 * piece seen twice is kept once. Returns where; null when the disk takes nothing, which is no reason to stop.
 */
export function setAside(state: State, source: string, content: string): string | null {
  const path = `${state.dir}/${CORRUPT}/${source}-${lostId('', content).slice(0, 12)}`;
  try {
    replaceFile(path, content, { durable: true });
    keepNewest(state);
    return path;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return null;
  }
}

/** Moves a whole file to corrupt/. Returns where; null when that cannot be done. */
export function moveAside(state: State, path: string, name: string): string | null {
  const target = `${state.dir}/${CORRUPT}/${name}`;
  try {
    renameSync(path, target);
    keepNewest(state);
    return target;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return null;
  }
}

function keepNewest(state: State): void {
  const directory = `${state.dir}/${CORRUPT}`;
  const names = readdirSync(directory);
  if (names.length <= MOST_KEPT) return;
  const age = (name: string) => statSync(`${directory}/${name}`, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const oldest = names.map((name) => ({ name, time: age(name) })).sort((a, b) => a.time - b.time);
  for (const { name } of oldest.slice(0, names.length - MOST_KEPT)) removeIfThere(`${directory}/${name}`);
}
