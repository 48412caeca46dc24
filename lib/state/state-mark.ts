import { readdirSync, statSync } from 'node:fs';
import { errnoOf } from './durable-file.ts';
import { QUEUE, type State } from './state-directory.ts';

/**
 * Changes whenever memory or queue do: the snapshot is replaced whole, and no file in the queue is ever written twice.
 * What was read without a lock is still true under the lock when the marks from before both are the same.
 */
export function markOf(state: State): string {
  const overlay = state.overlay.found();
  const own = state.missing === null ? markOfDirectory(state.dir) : '';
  return overlay === null ? own : `${own}\n${markOfDirectory(overlay)}`;
}

function markOfDirectory(directory: string): string {
  const snapshot = statSync(`${directory}/memory.ndjson`, { bigint: true, throwIfNoEntry: false });
  const which = snapshot && [snapshot.ino, snapshot.size, snapshot.mtimeNs, snapshot.ctimeNs];
  return `${which?.join(' ') ?? ''}\n${namesIn(`${directory}/${QUEUE}`).sort().join('\n')}`;
}

/** An overlay may be taken away at any time. */
function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}
