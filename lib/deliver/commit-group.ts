import { commitTransitions, type Commitment } from '../state/queue.ts';
import type { NewEntry, QueueEntry } from '../state/queue-entry.ts';
import type { State } from '../state/state-directory.ts';

/** Collects what is decided at about the same time and commits it together. */
export interface CommitGroup {
  /** Settles when it is committed, or has turned out not to be. Rejects with a bug. */
  readonly add: (entry: NewEntry) => Promise<Commitment>;
  /** commits at once what was added */
  readonly flush: () => void;
}

/** Between two groups, so that syncing does not disturb the clocks of probes in flight. */
const APART_MS = 20;
/** Files of one group: descriptors are open at the same time, and the loop is blocked for as long. */
const MOST_FILES = 64;

interface Waiting {
  readonly entry: NewEntry;
  readonly resolve: (commitment: Commitment) => void;
  readonly reject: (reason: unknown) => void;
}

export function createCommitGroup(state: State, onCommitted: (entry: QueueEntry) => void): CommitGroup {
  let waiting: Waiting[] = [];
  let timer: NodeJS.Timeout | undefined;
  let last = -Infinity;
  let first = true;

  const commit = (group: readonly Waiting[]) => {
    const commitments = commitTransitions(
      state,
      group.map(({ entry }) => entry),
      { first },
    );
    first = false;
    for (const [index, commitment] of commitments.entries()) {
      if (commitment.entry !== null) onCommitted(commitment.entry);
      group[index]?.resolve(commitment);
    }
  };
  const flushGroup = () => {
    clearTimeout(timer);
    timer = undefined;
    const group = waiting.slice(0, MOST_FILES);
    waiting = waiting.slice(MOST_FILES);
    if (group.length === 0) return;
    try {
      commit(group);
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
    last = performance.now();
    if (waiting.length > 0) schedule();
  };
  const schedule = () => {
    timer ??= setTimeout(flushGroup, Math.max(0, last + APART_MS - performance.now()));
  };
  return {
    add: (entry) =>
      new Promise((resolve, reject) => {
        waiting.push({ entry, resolve, reject });
        schedule();
      }),
    flush: () => {
      while (waiting.length > 0) flushGroup();
    },
  };
}
