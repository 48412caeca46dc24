import type { Journal } from '../state/journal.ts';

/** Puts what many hooks note at one time to disk with one fsync. */
export interface JournalWriter extends Pick<Journal, 'progress' | 'all' | 'note'> {
  /** settles when all that was noted is on disk; with the errno when the disk takes it not */
  readonly written: () => Promise<Error | null>;
  /** written at once, so that it outlives the process; synced with others, at the latest in 40 ms */
  readonly writtenSoon: () => void;
  /** at once */
  readonly flushNow: () => Error | null;
  /** at once; then the file is closed */
  readonly close: () => Error | null;
}

const SOON_MS = 40;

export function createJournalWriter(journal: Journal): JournalWriter {
  let waiting: ((error: Error | null) => void)[] = [];
  let immediate: NodeJS.Immediate | undefined;
  let timer: NodeJS.Timeout | undefined;

  const flush = (): Error | null => {
    clearImmediate(immediate);
    clearTimeout(timer);
    immediate = undefined;
    timer = undefined;
    const error = journal.flush();
    const told = waiting;
    waiting = [];
    for (const tell of told) tell(error);
    return error;
  };
  return {
    progress: journal.progress,
    all: journal.all,
    note: journal.note,
    written: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        immediate ??= setImmediate(flush);
      }),
    writtenSoon: () => {
      // An error shows again when it is synced.
      journal.write();
      timer ??= setTimeout(flush, SOON_MS);
    },
    flushNow: flush,
    close: () => {
      const error = flush();
      journal.close();
      return error;
    },
  };
}
