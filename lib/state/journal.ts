import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync } from 'node:fs';
import { errnoOf, replaceFile, syncDirectory, writeFully } from './durable-file.ts';
import { isSettled, parseJournalLine, type EventProgress, type JournalLine } from './journal-line.ts';
import type { State } from './state-directory.ts';

/** deliveries.ndjson as its one writer has it: the holder of the delivery lock. */
export interface Journal {
  /** undefined: nothing was ever noted of this event */
  readonly progress: (id: string) => EventProgress | undefined;
  /** counts at once, is on disk after the next `flush` */
  readonly note: (line: JournalLine) => void;
  /** writes all that was noted: it outlives the process, not yet a power cut. Returns the errno like `flush`. */
  readonly write: () => Error | null;
  /** writes and syncs all that was noted. Returns the errno when the disk takes it not; it is tried again next time. */
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
  const path = journalPath(state);
  const bytes = readIfThere(path);
  const whole = bytes.lastIndexOf('\n') + 1;
  const progress = fold(bytes.subarray(0, whole), (number) => {
    state.report(
      `state ${state.dir}: deliveries.ndjson:${number} is damaged and passed over; a hook may run again`,
    );
  });
  let fd: number | null = null;
  let position = whole;
  let waiting: string[] = [];
  let unsynced = false;
  // A journal whose file failed us, or grew too large, is written anew under another descriptor.
  let rewrite = whole > REWRITE_ABOVE;

  const writeAnew = () => {
    if (fd !== null) closeSync(fd);
    fd = null;
    const lines = kept(progress, pending).map((line) => `${JSON.stringify(line)}\n`);
    const text = lines.join('');
    replaceFile(path, text, { durable: true });
    fd = openSync(path, 'r+');
    position = Buffer.byteLength(text);
    rewrite = false;
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
    waiting = [];
    unsynced = true;
  };
  const attempt = (step: () => void): Error | null => {
    try {
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
    note: (line) => {
      take(progress, line);
      waiting.push(`${JSON.stringify(line)}\n`);
    },
    write: () => attempt(put),
    flush: () => {
      if (waiting.length === 0 && !unsynced) return null;
      return attempt(() => {
        if (rewrite) writeAnew();
        else {
          put();
          fsyncSync(open());
        }
        waiting = [];
        unsynced = false;
      });
    },
    close: () => {
      if (fd !== null) closeSync(fd);
      fd = null;
    },
  };
}

/** What is noted of all events, for those who only look. Needs no lock: a line that is just being written is passed over. */
export function readJournal(state: State): ReadonlyMap<string, EventProgress> {
  return fold(readIfThere(journalPath(state)), () => undefined);
}

interface Progress extends EventProgress {
  bound: EventProgress['bound'];
  readonly hooks: Map<string, Exclude<JournalLine, { readonly k: 'bound' }>>;
}

function journalPath(state: State): string {
  return `${state.dir}/deliveries.ndjson`;
}

function readIfThere(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

function fold(bytes: Buffer, damaged: (number: number) => void): Map<string, Progress> {
  const progress = new Map<string, Progress>();
  const lines = bytes.toString('utf8').split('\n');
  for (const [index, text] of lines.entries()) {
    if (text === '') continue;
    const line = parseJournalLine(text);
    if (line === null) damaged(index + 1);
    else take(progress, line);
  }
  return progress;
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
