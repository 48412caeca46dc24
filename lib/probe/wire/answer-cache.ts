import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import type { Json } from '../../words/json.ts';
import { parseForeignJson } from '../../words/foreign-json.ts';
import { VERSION } from '../../words/version.ts';

/**
 * Answers of services that must not be asked at every run, kept in $XDG_CACHE_HOME/puptime (else /var/cache/puptime for root,
 * ~/.cache/puptime for others): one private file for each key. What cannot be kept is not, and is asked for again.
 */
export interface AnswerCache {
  /** What was kept under this very key, by this version of puptime; undefined when there is none, or it is not ours. */
  recall(key: string): Json | undefined;
  remember(key: string, value: Json): void;
}

interface CacheWorld {
  readonly env: { readonly [name: string]: string | undefined };
}

const LONGEST = 65_536;

export function openAnswerCache({ env }: CacheWorld): AnswerCache {
  const directory = directoryIn(env);
  const fileOf = (key: string) =>
    `${directory ?? ''}/answer-${createHash('sha256').update(key).digest('hex').slice(0, 32)}`;
  const head = (key: string) => `${JSON.stringify([VERSION, key])}\n`;
  return {
    recall(key) {
      if (directory === null) return undefined;
      const text = attempt(() => readOurs(fileOf(key))) ?? '';
      return text.startsWith(head(key)) ? parseForeignJson(text.slice(head(key).length)) : undefined;
    },
    remember(key, value) {
      const text = head(key) + JSON.stringify(value);
      if (directory === null || text.length > LONGEST) return;
      attempt(() => writeAtomically(directory, fileOf(key), text));
    },
  };
}

function directoryIn(env: CacheWorld['env']): string | null {
  const home = env['HOME'] ? `${env['HOME']}/.cache` : null;
  const top = env['XDG_CACHE_HOME'] || (process.getuid?.() === 0 ? '/var/cache' : home);
  return top === null || !top.startsWith('/') ? null : `${top}/puptime`;
}

/** Null when somebody else may have written it, or it is no plain file of a bounded length. */
function readOurs(file: string): string | null {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(descriptor);
    const isOurs = stats.isFile() && stats.uid === process.getuid?.() && (stats.mode & 0o077) === 0;
    return isOurs && stats.size <= LONGEST * 4 ? readFileSync(descriptor, 'utf8') : null;
  } finally {
    closeSync(descriptor);
  }
}

function writeAtomically(directory: string, file: string, text: string): void {
  // Not `recursive`, which never comes back where the kernel says ENOENT to a mkdir (/proc).
  for (const made of [directory.slice(0, directory.lastIndexOf('/')), directory])
    if (!existsSync(made)) mkdirSync(made, { mode: 0o700 });
  const temporary = `${file}.${String(process.pid)}`;
  // What a run of the same number left, which was ended while it wrote.
  rmSync(temporary, { force: true });
  writeFileSync(temporary, text, { mode: 0o600, flag: 'wx' });
  renameSync(temporary, file);
}

/** Files may fail in any way, and a cache may be without them; anything else is a bug. */
function attempt<T>(act: () => T): T | null {
  try {
    return act();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return null;
    throw error;
  }
}
