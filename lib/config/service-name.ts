import { hasReference } from './references.ts';
import { splitTarget } from './target.ts';

/** What is wrong with a name, to be put behind "saw …, "; null when nothing is. */
export function nameProblem(name: string): string | null {
  if (name.length > LONGEST) return `of ${name.length} characters, expected at most ${LONGEST}`;
  if (name.startsWith('.') || name.includes('..'))
    return 'expected a name without a leading dot and without ..';
  return NAME.test(name) ? null : 'expected letters, digits and . _ - / alone';
}

const LONGEST = 200;

/** The colon and the brackets are those of `host:port` and `[::1]:port`, which only generated names have. */
const NAME = /^(?:[\p{L}\p{N}._/-]+|[\p{L}\p{N}._%-]+:\d+|\[?[0-9a-fA-F:.%]+\]?(?::\d+)?)(?:-\d+)?$/u;

/** The names of a config’s services, each once. */
export interface Names {
  isTaken(name: string): boolean;
  /** Null when the name was free; else where it is used. */
  take(name: string, place: string): string | null;
}

/** `written` are the names that entries say themselves: no generated one may be the same. */
export function createNames(written: readonly string[]): Names {
  const reserved = new Set(written);
  const taken = new Map<string, string>();
  return {
    isTaken: (name) => reserved.has(name) || taken.has(name),
    take(name, place) {
      const other = taken.get(name);
      if (other !== undefined) return other;
      taken.set(name, place);
      return null;
    },
  };
}

/**
 * A name for an entry that is just a target: its host, or its path where it has none; `:port` if written, `-2` if taken.
 * Null when a reference is in what it would be made of; a broken target is named somehow.
 */
export function generatedName(target: string, names: Names): string | null {
  const split = splitTarget(target);
  if (!split.ok) return firstFree('service', names);
  const { host, port, path, bracketed } = split.target;
  if (hasReference(host) || hasReference(port ?? '')) return null;
  const shown = bracketed && port !== null ? `[${host}]` : host;
  const base = host === '' ? path.replace(/^\/+/, '').replace(/[^\p{L}\p{N}._/-]+/gu, '-') : shown;
  return firstFree(`${base === '' ? 'service' : base}${port === null ? '' : `:${port}`}`, names);
}

function firstFree(name: string, names: Names): string {
  if (!names.isTaken(name)) return name;
  let number = 2;
  while (names.isTaken(`${name}-${number}`)) number += 1;
  return `${name}-${number}`;
}
