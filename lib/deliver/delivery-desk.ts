import { errnoOf, syncDirectory } from '../state/durable-file.ts';
import { readDeadLetters, removeDeadLetter, type DeadLetter } from '../state/dead-letters.ts';
import { openJournal } from '../state/journal.ts';
import type { HookLine } from '../state/journal-line.ts';
import { readQueue, storeAgain } from '../state/queue.ts';
import { DEAD, type State } from '../state/state-directory.ts';
import { EXIT, UserError } from '../words/problem.ts';
import { knownDeliveries, type KnownDeliveries, type KnownDelivery } from './known-deliveries.ts';
import { endOrphan } from './orphan.ts';
import { untoldOf } from './untold.ts';

/** What a person does to events that wait or are dead: for the holder of the delivery lock. */
export interface Desk {
  readonly known: KnownDeliveries;
  /**
   * Makes them due now; dead ones go back to the queue. Returns them as they are then. Throws UserError 74 when the disk
   * takes it not: each is still where it was, or waits. Those for nobody (`wasForNobody`) are left out.
   */
  readonly retry: (deliveries: readonly KnownDelivery[]) => Promise<readonly KnownDelivery[]>;
  /** Nothing more is done for them. Returns and throws like `retry`. */
  readonly drop: (deliveries: readonly KnownDelivery[]) => Promise<readonly KnownDelivery[]>;
  /**
   * Events of `puptime decide` that were delivered elsewhere, by their ids: they are not printed again. Returns the ids
   * that are not known here, or have hooks here. Throws UserError 74.
   */
  readonly acknowledge: (ids: readonly string[]) => readonly string[];
  readonly close: () => void;
}

export interface DeskWorld {
  /** ms since the epoch */
  readonly now: () => number;
  /** a few random letters, anew each time */
  readonly unique: () => string;
}

/** Why a person’s drop is a drop. */
const SAID_SO = 'dropped by hand';

/** Throws the errno of what cannot be read. */
export function openDesk(state: State, { now, unique }: DeskWorld): Desk {
  const { entries } = readQueue(state);
  const ids = new Set(entries.flatMap(({ events }) => events.map(({ id }) => id)));
  const journal = openJournal(state, ids);
  const letters = state.missing === null ? readDeadLetters(state) : [];
  const known = knownDeliveries({ entries, letters, progress: journal.all() });
  const flush = () => {
    const error = journal.flush();
    if (error !== null) throw unwritable(state, error);
  };
  const change = (delivery: KnownDelivery, line: HookLine): KnownDelivery => {
    journal.note(line);
    return { ...delivery, line, letter: null };
  };
  // Even where its first file is there still: the holder of the probe lock may be taking that one away just now.
  const requeue = ({ event, hook }: DeadLetter): void => {
    attempt(state, () => storeAgain(state, { event, hook, committed: now(), unique: unique() }));
  };
  const takeAway = (dead: readonly DeadLetter[]): void => {
    if (dead.length === 0) return;
    attempt(state, () => {
      for (const letter of dead) removeDeadLetter(state, letter);
      syncDirectory(`${state.dir}/${DEAD}`);
    });
  };
  const lettersOf = (deliveries: readonly KnownDelivery[]) =>
    deliveries.flatMap(({ letter }) => (letter === null ? [] : [letter]));

  return {
    known,
    retry: async (given) => {
      const deliveries = given.filter((delivery) => !wasForNobody(delivery));
      await endOrphans(deliveries);
      const dead = lettersOf(deliveries).toSorted(byTime);
      // In the queue, then unsettled, and only then no dead letter any more: killed in between, it is in both.
      dead.forEach(requeue);
      const changed = deliveries.map((delivery) => {
        const line = retriedLine(delivery, now());
        return line === null ? delivery : change(delivery, line);
      });
      flush();
      takeAway(dead);
      return changed;
    },
    drop: async (deliveries) => {
      await endOrphans(deliveries);
      const changed = deliveries.map((delivery) => {
        const { event, hook, id } = delivery;
        if (hook !== null) return change(delivery, droppedLine(delivery, now()));
        // Nobody has chosen hooks for it yet: it goes to none.
        journal.note({ k: 'bound', id, t: now(), hooks: [] });
        const line = { k: 'dropped', id, hook: '', n: 0, t: now(), why: SAID_SO } as const;
        return { ...delivery, line, event };
      });
      flush();
      takeAway(lettersOf(deliveries));
      return changed;
    },
    acknowledge: (given) => {
      const unknown = given.filter((id) => {
        const entry = entries.find(({ events }) => events.some((event) => event.id === id));
        const isOpen = entry !== undefined && entry.hooks === null && journal.progress(id) === undefined;
        if (isOpen) journal.note({ k: 'bound', id, t: now(), hooks: [] });
        return !isOpen && (journal.progress(id)?.bound ?? null) === null;
      });
      flush();
      return unknown;
    },
    close: journal.close,
  };
}

/** Hooks that a killed deliverer has left running: what they were started for is decided anew. */
async function endOrphans(deliveries: readonly KnownDelivery[]): Promise<void> {
  await Promise.all(
    deliveries.map(({ line }) => (line?.k === 'started' ? endOrphan(line) : Promise.resolve())),
  );
}

/** Null: it is due already. */
function retriedLine({ id, hook, line, letter }: KnownDelivery, now: number): HookLine | null {
  if (hook === null || (letter === null && line === undefined)) return null;
  const why = letter?.reason ?? (line?.k === 'failed' ? line.why : 'it was cut short with its runner');
  const output = letter?.output ?? (line?.k === 'failed' ? line.output : '');
  const n = letter?.attempts ?? line?.n ?? 0;
  return { k: 'failed', id, hook: hook.path, n, t: now, next: now, why, output, since: now };
}

function droppedLine({ id, event, kind, service, hook, line, letter }: KnownDelivery, now: number): HookLine {
  const n = letter?.attempts ?? line?.n ?? 0;
  const untold = event === null || hook === null ? undefined : untoldOf(event, hook, n);
  return {
    ...{ k: 'dropped', id, hook: hook?.path ?? '', n, t: now, why: SAID_SO },
    ...(kind === null || service === null ? {} : { event: kind, service }),
    ...(untold === undefined ? {} : { untold }),
  };
}

/** Of `puptime decide`, given up before anybody had taken it: there is no hook to try again. */
export function wasForNobody({ letter }: Pick<KnownDelivery, 'letter'>): boolean {
  return letter !== null && !letter.hook.path.startsWith('/');
}

function byTime(a: DeadLetter, b: DeadLetter): number {
  return a.event.time < b.event.time ? -1 : a.event.time > b.event.time ? 1 : a.died - b.died;
}

function attempt(state: State, step: () => void): void {
  try {
    step();
  } catch (error) {
    if (!(error instanceof Error) || errnoOf(error) === undefined) throw error;
    throw unwritable(state, error);
  }
}

function unwritable(state: State, error: Error): UserError {
  const code = errnoOf(error) ?? error.message;
  return new UserError(
    EXIT.io,
    `state ${state.dir}: cannot be written (${code}): nothing is lost, try again when it can`,
  );
}
