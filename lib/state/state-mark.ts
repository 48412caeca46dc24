import { readdirSync, statSync } from 'node:fs';
import { QUEUE, type State } from './state-directory.ts';

/**
 * Changes whenever memory or queue do: the snapshot is replaced whole, and no file in the queue is ever written twice.
 * What was read without a lock is still true under the lock when the marks from before both are the same.
 */
export function markOf(state: State): string {
  if (state.missing !== null) return '';
  const snapshot = statSync(`${state.dir}/memory.ndjson`, { bigint: true, throwIfNoEntry: false });
  const which = snapshot && [snapshot.ino, snapshot.size, snapshot.mtimeNs, snapshot.ctimeNs];
  return `${which?.join(' ') ?? ''}\n${readdirSync(`${state.dir}/${QUEUE}`).sort().join('\n')}`;
}
