import { appendFileSync, closeSync, fsyncSync, ftruncateSync, openSync, readFileSync } from 'node:fs';
import { errnoOf, removeIfThere, replaceFile, syncDirectory, writeFully } from './durable-file.ts';
import { isSettled, parseJournalLine, type EventProgress, type JournalLine } from './journal-line.ts';
import { directoriesOf, missingError, type State } from './state-directory.ts';

/** deliveries.ndjson as its one writer has it: the holder of the delivery lock. */
export interface Journal {
  /** undefined: nothing was ever noted of this event */
  readonly progress: (id: string) => EventProgress | undefined;
  /** all that is noted, by id of the event */
  readonly all: () => ReadonlyMap<string, EventProgress>;
  /** counts at once, is on disk after the next `flush` */
  readonly note: (line: JournalLine) => void;
  /** writes all that was noted: it outlives the process, not yet a power cut. Returns the errno like `flush`. */
  readonly write: () => Error | null;
  /**
   * Writes and syncs all that was noted. Returns the errno when the disk takes it not: then the overlay has it, if there
   * is a place for one, and the next flush tries the disk again.
   */
  readonly flush: () => Error | null;
  readonly close: () => void;
}

/** Larger than this, it is rewritten small when opened. */
const REWRITE_ABOVE = 1 << 20;
/** Settled deliveries kept then, for people who look and for repeats that must be known as such. */
const SETTLED_KEPT = 5000;

/**
 * Opens the journal under the delivery lock. What a killed writer left of a line is cut off. `pending` are the ids in
 * the queue: their lines are kept whatever their age. Throws the errno when it cannot be read.
 */
export function openJournal(state: State, pending: ReadonlySet<string>): Journal {
  const path = journalPath(state.dir);
  const bytes = state.missing === null ? readIfThere(path) : Buffer.alloc(0);
  const whole = bytes.lastIndexOf('\n') + 1;
  const progress = new Map<string, Progress>();
  const damaged = (number: number) =>
    state.report(
      `state ${state.dir}: deliveries.ndjson:${number} is damaged and passed over; a hook may run again`,
    );
  fold(bytes.subarray(0, whole), damaged, progress);
  const spare = openSpare(state, progress);
  let fd: number | null = null;
  let position = whole;
  /** noted, and not written yet; written, and not synced yet */
  let waiting: string[] = [];
  let unsynced: string[] = [];
  // A journal whose file failed us, or grew too large, is written anew under another descriptor.
  let rewrite = whole > REWRITE_ABOVE || spare.isThere();

  const writeAnew = () => {
    if (fd !== null) closeSync(fd);
    fd = null;
    const lines = kept(progress, pending).map((line) => `${JSON.stringify(line)}\n`);
    const text = lines.join('');
    replaceFile(path, text, { durable: true });
    fd = openSync(path, 'r+');
    position = Buffer.byteLength(text);
    rewrite = false;
    spare.remove();
  };
  const open = (): number => {
    if (fd !== null) return fd;
    fd = openSync(path, bytes.length === 0 ? 'w+' : 'r+', 0o600);
    if (whole < bytes.length) ftruncateSync(fd, whole);
    if (bytes.length === 0) syncDirectory(state.dir);
    return fd;
  };
  const put = () => {
    if (rewrite || waiting.length === 0) return;
    const text = Buffer.from(waiting.join(''));
    writeFully(open(), text, position);
    position += text.length;
    unsynced.push(...waiting);
    waiting = [];
  };
  const attempt = (step: () => void): Error | null => {
    try {
      if (state.missing !== null) throw missingError(state);
      step();
      return null;
    } catch (error) {
      if (!(error instanceof Error) || errnoOf(error) === undefined) throw error;
      rewrite = true;
      return error;
    }
  };
  return {
    progress: (id) => progress.get(id),
    all: () => progress,
    note: (line) => {
      take(progress, line);
      waiting.push(`${JSON.stringify(line)}\n`);
    },
    write: () => attempt(put),
    flush: () => {
      if (waiting.length + unsynced.length === 0 && !spare.isThere()) return null;
      const error = attempt(() => {
        if (rewrite) writeAnew();
        else {
          put();
          fsyncSync(open());
        }
      });
      if (error !== null && !spare.append([...unsynced, ...waiting])) return error;
      waiting = [];
      unsynced = [];
      return error;
    },
    close: () => {
      if (fd !== null) closeSync(fd);
      fd = null;
    },
  };
}

/** The same file in the overlay: what it says is newer. Taken away when all of it is on disk. */
function openSpare(state: State, progress: Map<string, Progress>) {
  const pathIn = (overlay: string | null) => (overlay === null ? null : journalPath(overlay));
  const found = pathIn(state.overlay.found());
  const bytes = found === null ? Buffer.alloc(0) : readIfThere(found);
  fold(bytes, () => undefined, progress);
  let present = bytes.length > 0;
  return {
    isThere: () => present,
    append: (lines: readonly string[]): boolean => {
      const path = pathIn(state.overlay.make());
      if (path === null) return false;
      try {
        appendFileSync(path, lines.join(''), { mode: 0o600 });
        present = true;
        return true;
      } catch (error) {
        if (errnoOf(error) === undefined) throw error;
        return false;
      }
    },
    remove: () => {
      const path = present ? pathIn(state.overlay.found()) : null;
      if (path === null) return;
      removeIfThere(path);
      present = false;
      state.overlay.discard();
    },
  };
}

/** What is noted of all events, for those who only look. Needs no lock: a line that is just being written is passed over. */
export function readJournal(state: State): ReadonlyMap<string, EventProgress> {
  const progress = new Map<string, Progress>();
  for (const directory of directoriesOf(state)) {
    fold(readIfThere(journalPath(directory)), () => undefined, progress);
  }
  return progress;
}

interface Progress extends EventProgress {
  bound: EventProgress['bound'];
  readonly hooks: Map<string, Exclude<JournalLine, { readonly k: 'bound' }>>;
}

function journalPath(directory: string): string {
  return `${directory}/deliveries.ndjson`;
}

function readIfThere(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

function fold(bytes: Buffer, damaged: (number: number) => void, progress: Map<string, Progress>): void {
  const lines = bytes.toString('utf8').split('\n');
  for (const [index, text] of lines.entries()) {
    if (text === '') continue;
    const line = parseJournalLine(text);
    if (line === null) damaged(index + 1);
    else take(progress, line);
  }
}

function take(progress: Map<string, Progress>, line: JournalLine): void {
  let event = progress.get(line.id);
  if (event === undefined) {
    event = { bound: null, hooks: new Map() };
    progress.set(line.id, event);
  }
  if (line.k === 'bound') event.bound = line;
  else event.hooks.set(line.hook, line);
}

function kept(progress: ReadonlyMap<string, Progress>, pending: ReadonlySet<string>): JournalLine[] {
  const needed: JournalLine[] = [];
  const settled: JournalLine[] = [];
  for (const [id, event] of progress) {
    const lines = [...(event.bound === null ? [] : [event.bound]), ...event.hooks.values()];
    const finished = !pending.has(id) && [...event.hooks.values()].every(isSettled);
    (finished ? settled : needed).push(...lines);
  }
  settled.sort((a, b) => a.t - b.t);
  return [...settled.slice(-SETTLED_KEPT).map(withoutOutput), ...needed];
}

function withoutOutput(line: JournalLine): JournalLine {
  return line.k === 'done' ? { ...line, output: '' } : line;
}
