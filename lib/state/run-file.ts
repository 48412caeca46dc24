import { readFileSync } from 'node:fs';
import { isObject } from '../words/json.ts';
import { errnoOf, replaceFile } from './durable-file.ts';
import { missingError, type State } from './state-directory.ts';

/** The last run that came to its end. */
export interface FinishedRun {
  readonly id: string;
  /** RFC 3339 UTC */
  readonly started: string;
  readonly ended: string;
  readonly exit_code: number;
  /** probed services by status, events, hooks: names are the run’s own */
  readonly counts: { readonly [what: string]: number };
}

/** Says in run.json that a run has ended. Not synced: after a power cut the one before may be there. Throws the errno. */
export function saveRun(state: State, run: FinishedRun): void {
  // A directory that is not made to its end must hold nothing by which it seems another’s.
  if (state.missing !== null) throw missingError(state);
  // Under a name of its own: a run that finds nothing due holds no lock.
  replaceFile(`${state.dir}/run.json`, `${JSON.stringify(run)}\n`, { durable: false, unique: run.id });
}

/** Null when no run has ended yet, or when the file is damaged: it is a convenience, nothing depends on it. */
export function loadRun(state: State): FinishedRun | null {
  try {
    const value: unknown = JSON.parse(readFileSync(`${state.dir}/run.json`, 'utf8'));
    return isFinishedRun(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError || errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}

function isFinishedRun(value: unknown): value is FinishedRun {
  return (
    isObject(value) &&
    [value.id, value.started, value.ended].every((part) => typeof part === 'string') &&
    typeof value.exit_code === 'number' &&
    isObject(value.counts)
  );
}
