import { commitTransitions, syncState, type QueueEntry } from '../state/queue.ts';
import { errnoOf } from '../state/durable-file.ts';
import type { State } from '../state/state-directory.ts';

/** Collects what is decided at about the same time and commits it together. */
export interface CommitGroup {
  /** Settles when it is committed (null), or has turned out not to be (the errno). Rejects with a bug. */
  readonly add: (entry: QueueEntry) => Promise<Error | null>;
  /** commits at once what was added */
  readonly flush: () => void;
}

/** Between two groups, so that syncing does not disturb the clocks of probes in flight. */
const APART_MS = 20;
/** Files of one group: descriptors are open at the same time, and the loop is blocked for as long. */
const MOST_FILES = 64;

interface Waiting {
  readonly entry: QueueEntry;
  readonly resolve: (error: Error | null) => void;
  readonly reject: (reason: unknown) => void;
}

export function createCommitGroup(state: State, onCommitted: (entry: QueueEntry) => void): CommitGroup {
  let waiting: Waiting[] = [];
  let timer: NodeJS.Timeout | undefined;
  let last = -Infinity;
  let synced = false;

  const commit = (group: readonly Waiting[]) => {
    const failed = write(
      state,
      group.map(({ entry }) => entry),
      synced,
    );
    synced = true;
    for (const { entry, resolve } of group) {
      const error = failed.get(entry) ?? null;
      if (error === null) onCommitted(entry);
      resolve(error);
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

function write(
  state: State,
  entries: readonly QueueEntry[],
  synced: boolean,
): ReadonlyMap<QueueEntry, Error> {
  if (state.missing !== null) {
    const error = Object.assign(new Error(state.missing), { code: state.missing });
    return new Map(entries.map((entry) => [entry, error]));
  }
  try {
    // The salt must not be younger than an id made from it.
    if (!synced) syncState(state);
    return commitTransitions(state, entries);
  } catch (error) {
    if (!(error instanceof Error) || errnoOf(error) === undefined) throw error;
    return new Map(entries.map((entry) => [entry, error]));
  }
}
