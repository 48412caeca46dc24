import { readdirSync, readFileSync } from 'node:fs';
import type { Event } from '../words/event.ts';
import { isObject } from '../words/json.ts';
import { errnoOf, removeIfThere, replaceFile } from './durable-file.ts';
import type { HookReference } from './hook-reference.ts';
import { lostId } from './identity.ts';
import { DEAD, type State } from './state-directory.ts';

/** A delivery that was given up. It stays until a person retries or drops it, or for 30 days. */
export interface DeadLetter {
  readonly event: Event;
  readonly hook: HookReference;
  readonly attempts: number;
  /** one line: what the last attempt came to */
  readonly reason: string;
  /** what the hook printed at its last attempt, cut */
  readonly output: string;
  /** ms since the epoch */
  readonly died: number;
  /** false until on_dead has run for it */
  readonly told: boolean;
}

const MOST_KEPT = 1000;
const KEPT_MS = 30 * 86_400_000;

/** Writes it durably, over the one of the same (event, hook). Throws the errno. */
export function saveDeadLetter(state: State, letter: DeadLetter): void {
  replaceFile(`${state.dir}/${DEAD}/${deadName(letter)}`, `${JSON.stringify(letter)}\n`, { durable: true });
}

/** All of them, oldest first. One that cannot be read is reported and passed over. Throws the directory’s errno. */
export function readDeadLetters(state: State): readonly DeadLetter[] {
  const letters: DeadLetter[] = [];
  if (state.missing !== null) return letters;
  for (const name of readdirSync(`${state.dir}/${DEAD}`)) {
    if (!name.endsWith('.json')) continue;
    const letter = readLetter(`${state.dir}/${DEAD}/${name}`);
    if (letter === null)
      state.report(`state ${state.dir}: dead/${name} is damaged and passed over: look at it, and remove it`);
    else letters.push(letter);
  }
  return letters.sort((a, b) => a.died - b.died);
}

/** Whether on_dead has still to run for one. Throws the directory’s errno. */
export function hasUntold(state: State): boolean {
  return readDeadLetters(state).some(({ told }) => !told);
}

/** Takes one out: retried or dropped. False when it was not there. */
export function removeDeadLetter(state: State, letter: DeadLetter): boolean {
  return removeIfThere(`${state.dir}/${DEAD}/${deadName(letter)}`);
}

/** Removes those older than 30 days and the oldest above 1,000; says so. Returns what stays. */
export function pruneDeadLetters(
  state: State,
  letters: readonly DeadLetter[],
  now: number,
): readonly DeadLetter[] {
  const young = letters.filter((letter) => now - letter.died <= KEPT_MS);
  const stay = young.slice(-MOST_KEPT);
  const gone = letters.filter((letter) => !stay.includes(letter));
  for (const letter of gone) removeDeadLetter(state, letter);
  if (gone.length > 0) {
    const text = `${gone.length} dead events removed: kept are ${MOST_KEPT}, for 30 days`;
    state.report(`state ${state.dir}: ${text}`);
  }
  return stay;
}

function deadName(letter: DeadLetter): string {
  return `${letter.event.id}~${lostId('', letter.hook.path).slice(0, 12)}.json`;
}

function readLetter(path: string): DeadLetter | null {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isDeadLetter(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError || errnoOf(error) !== undefined) return null;
    throw error;
  }
}

function isDeadLetter(value: unknown): value is DeadLetter {
  return (
    isObject(value) &&
    isObject(value.event) &&
    typeof value.event.id === 'string' &&
    typeof value.event.service === 'string' &&
    isObject(value.hook) &&
    typeof value.hook.path === 'string' &&
    typeof value.attempts === 'number' &&
    typeof value.reason === 'string' &&
    typeof value.died === 'number' &&
    typeof value.told === 'boolean'
  );
}
