import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import type { HookReference } from '../state/hook-reference.ts';
import { distrust } from '../state/trust-path.ts';
import type { ServiceHooks } from '../words/service.ts';

/** Where hooks are looked for, and who must be able to trust them. */
export interface HookPlace {
  /** the hooks directory, absolute; null: there is none */
  readonly dir: string | null;
  /** the user that they run as */
  readonly uid: number;
  /** why that user cannot run a file that is executable for somebody, as one line, or null; absent: asking is needless */
  readonly reach?: (path: string) => string | null;
}

/** A file that looks like a hook but is passed over, or refused: `reason` is one line that names it. */
export interface HookProblem {
  readonly path: string;
  readonly reason: string;
}

export interface FoundHooks {
  /** in the order in which they run; refused ones are among them: their events wait */
  readonly hooks: readonly HookReference[];
  /** what is not a hook, and why */
  readonly skipped: readonly SkippedFile[];
}

/** `expected`: its name alone says that it is no hook, as in `page.bak`: worth a line, no fault */
export type SkippedFile = HookProblem & { readonly expected: boolean };

export type Vetting =
  | { readonly kind: 'fit' }
  | { readonly kind: 'gone' }
  /** one line: not executable, or not to be trusted, and what to do */
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * The hooks for one kind of event (`on_down`): NAME in the hooks directory, then every executable in NAME.d/ by name,
 * then the service’s own; or only these where they replace.
 */
export function findHooks(name: string, service: ServiceHooks | null, place: HookPlace): FoundHooks {
  const own = (service?.run[name] ?? []).map((path) => ({ path, lane: path }));
  if (service?.replace === true || place.dir === null) return { hooks: own, skipped: [] };
  const single = `${place.dir}/${name}`;
  const general: HookReference[] = kindOf(single) === null ? [] : [{ path: single, lane: '' }];
  const { hooks, skipped } = listDirectory(`${place.dir}/${name}.d`);
  return { hooks: [...general, ...hooks, ...own], skipped };
}

/** Whether a hook may be started now. */
export function vetHook(path: string, place: HookPlace): Vetting {
  const kind = kindOf(path);
  if (kind === null) return { kind: 'gone' };
  if (kind === 'other') return { kind: 'refused', reason: `${path} is not a file` };
  if (kind !== 'file') return { kind: 'refused', reason: `${path} cannot be looked at (${kind})` };
  const reason = distrust(path, place.uid);
  if (reason !== null) return { kind: 'refused', reason };
  if (!isExecutable(path)) {
    return { kind: 'refused', reason: `${path} is not executable: chmod +x it, or remove it` };
  }
  const unreachable = place.reach?.(path) ?? null;
  return unreachable === null ? { kind: 'fit' } : { kind: 'refused', reason: unreachable };
}

/** As run-parts(8) does, but with dots in names. */
function listDirectory(directory: string): FoundHooks {
  const hooks: HookReference[] = [];
  const skipped: SkippedFile[] = [];
  const names = namesIn(directory);
  if (typeof names === 'string') {
    const reason = `${directory} cannot be read (${names}), so that no hook in it runs`;
    return { hooks, skipped: [{ path: directory, reason, expected: false }] };
  }
  for (const name of names) {
    const path = `${directory}/${name}`;
    const reason = reasonToSkip(path, name);
    if (reason === null) hooks.push({ path, lane: name });
    else {
      const expected = SKIPPED_NAME.test(name);
      skipped.push({ path, reason: `${path} is no hook: ${reason}`, expected });
    }
  }
  return { hooks, skipped };
}

/** True for a name that says by itself that it is no hook: `page.bak`. */
export function isPassedOver(name: string): boolean {
  return SKIPPED_NAME.test(name);
}

const SKIPPED_NAME = /^\.|~$|\.bak$|\.disabled$|\.dpkg-[a-z]+$/;

function reasonToSkip(path: string, name: string): string | null {
  if (SKIPPED_NAME.test(name)) return 'files with such a name are passed over';
  if (kindOf(path) !== 'file') return 'it is not a file';
  return isExecutable(path) ? null : 'it is not executable: chmod +x it';
}

function namesIn(directory: string): string[] | `E${string}` {
  try {
    return readdirSync(directory).sort(byCodePoint);
  } catch (error) {
    const errno = errnoOf(error);
    return errno === 'ENOENT' || errno === 'ENOTDIR' ? [] : errno;
  }
}

function byCodePoint(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Null when there is nothing, or a link to nothing; the errno (`EACCES`, `ELOOP`) when that cannot be told. */
function kindOf(path: string): 'file' | 'other' | `E${string}` | null {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return null;
    return stats.isFile() ? 'file' : 'other';
  } catch (error) {
    return errnoOf(error);
  }
}

/** Rethrows what the system did not say. */
function errnoOf(error: unknown): `E${string}` {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!/^E[A-Z0-9]+$/.test(code)) throw error;
  return `E${code.slice(1)}`;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    // Whatever the reason is, it does not run.
    errnoOf(error);
    return false;
  }
}
