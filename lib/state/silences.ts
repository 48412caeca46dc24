import { closeSync, constants, fstatSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { isObject } from '../words/json.ts';
import type { Selector, Silence } from '../words/silence.ts';
import { createFile, errnoOf, removeIfThere } from './durable-file.ts';
import { missingError, type State } from './state-directory.ts';

const SILENCES = 'silences';
/** Far more than people order in a month; each is read at every run that decides. */
const MOST = 1000;
const LARGEST = 64 * 1024;
/** An ended one stays so long: a clock that leaps ahead for a moment must not lose what was ordered. */
const KEPT_MS = 86_400_000;

/**
 * Keeps a silence, durably: one file of its own, so that no lock is needed and a run in progress is not in the way. False
 * when its id is taken. Throws the errno of a directory that takes nothing.
 */
export function addSilence(state: State, silence: Silence): boolean {
  if (state.missing !== null) throw missingError(state);
  const directory = `${state.dir}/${SILENCES}`;
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
  return createFile(`${directory}/${silence.id}.json`, `${JSON.stringify(silence)}\n`, silence.id);
}

/**
 * All that are there, ended ones included, those that end first before others. A damaged one is reported and passed over:
 * it silences nothing. Throws the directory’s errno, but for there being none.
 */
export function readSilences(state: State): readonly Silence[] {
  const silences: Silence[] = [];
  for (const id of idsIn(state)) {
    const silence = readSilence(`${state.dir}/${SILENCES}/${id}.json`, id);
    if (silence === null)
      state.report(
        `state ${state.dir}: ${SILENCES}/${id}.json is damaged and silences nothing: remove it, and order it again`,
      );
    else if (silence !== 'gone') silences.push(silence);
  }
  return silences.sort((a, b) => Date.parse(a.until) - Date.parse(b.until));
}

/** Ends one. False when it was not there. Throws the errno. */
export function removeSilence(state: State, id: string): boolean {
  return removeIfThere(`${state.dir}/${SILENCES}/${id}.json`);
}

/** For the holder of the probe lock: takes away what ended a day ago. Throws the errno. */
export function removeEndedSilences(state: State, silences: readonly Silence[], now: number): void {
  for (const { id, until } of silences) if (now - Date.parse(until) > KEPT_MS) removeSilence(state, id);
}

function idsIn(state: State): readonly string[] {
  if (state.missing !== null) return [];
  try {
    const names = readdirSync(`${state.dir}/${SILENCES}`);
    const ids = names.flatMap((name) => /^([0-9a-f]{8})\.json$/.exec(name)?.[1] ?? []);
    if (ids.length > MOST)
      state.report(
        `state ${state.dir}: ${ids.length} silences, of which ${MOST} are looked at: puptime silence lift those that are not needed`,
      );
    return ids.sort().slice(0, MOST);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Null when it is damaged or no file of ours; `gone` when it was lifted this very moment. */
function readSilence(path: string, id: string): Silence | 'gone' | null {
  try {
    // A pipe would wait for a writer.
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(descriptor);
      if (!stats.isFile() || stats.size > LARGEST) return null;
      const value: unknown = JSON.parse(readFileSync(descriptor, 'utf8'));
      return isSilence(value) && value.id === id ? value : null;
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    if (errnoOf(error) === 'ENOENT') return 'gone';
    if (errnoOf(error) !== undefined) return null;
    throw error;
  }
}

function isSilence(value: unknown): value is Silence {
  return (
    isObject(value) &&
    value['schema'] === 'puptime.silence.v1' &&
    typeof value['id'] === 'string' &&
    [value['from'], value['until']].every(isTime) &&
    (value['note'] === null || typeof value['note'] === 'string') &&
    typeof value['by'] === 'string' &&
    Array.isArray(value['match']) &&
    value['match'].every(
      (words: unknown) => Array.isArray(words) && words.length > 0 && words.every(isSelector),
    )
  );
}

function isTime(value: unknown): boolean {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}

function isSelector(value: unknown): value is Selector {
  return (
    isObject(value) &&
    typeof value['value'] === 'string' &&
    ['name', 'glob', 'tag', 'group'].includes(String(value['kind']))
  );
}
