import { saveDeadLetter, type DeadLetter } from '../state/dead-letters.ts';
import { errnoOf } from '../state/durable-file.ts';
import type { HookReference } from '../state/hook-reference.ts';
import type { JournalLine } from '../state/journal-line.ts';
import type { State } from '../state/state-directory.ts';
import type { Event } from '../words/event.ts';
import type { Tally } from './tally.ts';
import { untoldOf } from './untold.ts';

export interface GivenUp {
  readonly event: Event;
  readonly hook: HookReference;
  readonly attempts: number;
  /** one line */
  readonly why: string;
  readonly output: string;
}

export interface GiveUpContext {
  readonly state: State;
  readonly note: (line: JournalLine) => void;
  readonly tally: Tally;
  readonly now: () => number;
  readonly report: (line: string) => void;
}

/**
 * Moves one delivery to dead/, where it is safe before the journal says that nothing is left to do. Null when the disk
 * takes it not: it stays as it is.
 */
export function giveUp(given: GivenUp, context: GiveUpContext): DeadLetter | null {
  const { event, hook, attempts, why, output } = given;
  const { state, tally, now, report, note } = context;
  const letter: DeadLetter = { event, hook, attempts, reason: why, output, died: now(), told: false };
  try {
    saveDeadLetter(state, letter);
  } catch (error) {
    if (!(error instanceof Error) || errnoOf(error) === undefined) throw error;
    tally.cannotWrite(error);
    return null;
  }
  tally.dead += 1;
  const untold = untoldOf(event, hook, attempts);
  const line = { k: 'dead', id: event.id, hook: hook.path, n: attempts, t: now(), why } as const;
  note(untold === undefined ? line : { ...line, untold });
  const tries = attempts === 1 ? '1 attempt' : `${attempts} attempts`;
  report(`${hook.path} for ${event.service} (${event.event}) given up after ${tries}: ${why}`);
  return letter;
}
