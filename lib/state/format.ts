import { readdirSync, readFileSync } from 'node:fs';
import { EXIT, UserError } from '../words/problem.ts';
import { errnoOf } from './durable-file.ts';

/** The file that says what a state directory is: the version of its format, and its salt. */
export const FORMAT = 'FORMAT';
const FORMAT_VERSION = 1;

/** Its content. */
export function formatOf(salt: string): string {
  return `puptime-state ${FORMAT_VERSION} ${salt}\n`;
}

/** The salt in such a content; null when it is no whole one. */
export function saltIn(content: string): string | null {
  return /^puptime-state 1 ([0-9a-f]{32})\n$/.exec(content)?.[1] ?? null;
}

/**
 * The salt of a state directory; null when it is empty or its making was cut short (`ours`: the directories that may be
 * there by then). Throws `UserError`: 78 for a newer format, 74 for a damaged one or none, and the errno.
 */
export function readFormat(dir: string, ours: readonly string[], mayHaveCome = true): string | null {
  let text: string;
  try {
    text = readFileSync(`${dir}/${FORMAT}`, 'latin1').slice(0, 200);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    const names = readdirSync(dir);
    // Another process has just made it.
    if (names.includes(FORMAT) && mayHaveCome) return readFormat(dir, ours, false);
    refuseForeign(dir, names, ours);
    return null;
  }
  const [, version, salt] = /^puptime-state (\d{1,6}) ?(\S*)/.exec(text) ?? [];
  if (version !== undefined && Number(version) > FORMAT_VERSION) {
    const text = `state ${dir}: has format ${version}, this puptime knows up to ${FORMAT_VERSION}: use the newer puptime, or another --state`;
    throw new UserError(EXIT.config, text);
  }
  if (salt === undefined || !/^[0-9a-f]{32}$/.test(salt)) {
    const text = `state ${dir}: its file FORMAT is damaged, expected "puptime-state ${FORMAT_VERSION} …": put it back from a backup, or move the directory away to begin anew`;
    throw new UserError(EXIT.io, text);
  }
  return salt;
}

function refuseForeign(dir: string, names: readonly string[], ours: readonly string[]): void {
  const foreign = names.find(
    (name) => !ours.includes(name) && !MADE_BY_OTHERS.has(name) && !name.startsWith(`${FORMAT}.`),
  );
  if (foreign === undefined) return;
  const text = `state ${dir}: is not a state directory of puptime: it has no file FORMAT, but other things in it (${JSON.stringify(foreign)}): give an empty or a new directory with --state`;
  throw new UserError(EXIT.io, text);
}

/** What is in a fresh file system, and what people may put there before the first run. */
const MADE_BY_OTHERS: ReadonlySet<string> = new Set(['lost+found', 'beats', 'silences', 'run', 'run.json']);
