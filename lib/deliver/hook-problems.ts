import { readdirSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { HookReference } from '../state/hook-reference.ts';
import { didYouMean } from '../words/did-you-mean.ts';
import { EVENT_KINDS } from '../words/event.ts';
import type { ServiceHooks } from '../words/service.ts';
import { inspectHookFile } from './hook-file.ts';
import { findHooks, isPassedOver, vetHook, type HookPlace } from './hook-lookup.ts';

/** Something about one file that is, or looks like, a hook. */
export interface HookFinding {
  readonly path: string;
  /**
   * refused: it does not run, its events wait; broken: it is started and cannot do its work; unused: it never runs;
   * doubtful: it runs, but hardly as it is meant; passed_over: its name alone says that it is no hook, which is no fault
   */
  readonly severity: 'refused' | 'broken' | 'unused' | 'doubtful' | 'passed_over';
  /** what was seen and what to do, without the path */
  readonly text: string;
}

export interface HookChecker {
  /** all that is wrong with the hooks directory and the services’ own hooks; those that do not exist are refused */
  readonly all: (services: readonly { readonly hooks: ServiceHooks }[]) => readonly HookFinding[];
  /** of one file, whatever its name; one `NAME.d` directory; or a directory as if it were the hooks directory */
  readonly at: (path: string) => readonly HookFinding[];
  /** how many hooks were looked at so far */
  readonly count: () => number;
}

/** Checks hooks as a delivery would, and more. `path` is the PATH that hooks get. */
export function createHookChecker(place: HookPlace, path: string | undefined): HookChecker {
  const looked = new Map<string, readonly HookFinding[]>();
  const vet = (file: string): readonly HookFinding[] => {
    const found = looked.get(file) ?? lookAt(file, place, path);
    looked.set(file, found);
    return found;
  };
  const listed = (name: string, where: HookPlace): readonly HookFinding[] => {
    const { hooks, skipped } = findHooks(name, null, where);
    const passed = skipped.map((file): HookFinding => {
      const severity = file.expected ? 'passed_over' : 'unused';
      return { path: file.path, severity, text: withoutPath(file.path, file.reason) };
    });
    return [...hooks.flatMap((hook) => vet(hook.path)), ...misordered(hooks), ...passed];
  };
  const inDirectory = (where: HookPlace): readonly HookFinding[] => [
    ...strayFiles(where.dir),
    ...HOOK_NAMES.flatMap((name) => listed(name, where)),
  ];
  return {
    all: (services) => {
      const own = services.flatMap(({ hooks }) => Object.values(hooks.run).flat());
      return [...inDirectory(place), ...[...new Set(own)].flatMap(vet)];
    },
    at: (given) => {
      if (statSync(given, { throwIfNoEntry: false })?.isDirectory() !== true) return vet(given);
      if (!given.endsWith('.d')) return inDirectory({ ...place, dir: given });
      const within = listed(basename(given).slice(0, -2), { ...place, dir: dirname(given) });
      return within.filter((finding) => finding.path.startsWith(given));
    },
    count: () => looked.size,
  };
}

const HOOK_NAMES = EVENT_KINDS.map((kind) => `on_${kind}`);

function lookAt(file: string, place: HookPlace, path: string | undefined): readonly HookFinding[] {
  const vetting = vetHook(file, place);
  switch (vetting.kind) {
    case 'gone':
      return [{ path: file, severity: 'refused', text: 'does not exist: it is named as a hook' }];
    case 'refused': {
      const text = noExec(file, vetting.reason) ?? withoutPath(file, vetting.reason);
      return [{ path: file, severity: 'refused', text }];
    }
    case 'fit':
      return inspectHookFile(file, { path, uid: place.uid }).map((fault) => ({ path: file, ...fault }));
  }
}

/** One that everybody may execute by its mode, and nobody can: chmod would do nothing. */
function noExec(file: string, reason: string): string | null {
  const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0;
  if (!reason.includes('is not executable') || (mode & 0o111) !== 0o111) return null;
  return 'is executable, but lies on a file system that is mounted noexec: move it, or mount that otherwise';
}

function withoutPath(path: string, reason: string): string {
  return reason.startsWith(`${path} `) ? reason.slice(path.length + 1) : reason;
}

/** `10-b` runs before `9-a`, which nobody means. */
function misordered(hooks: readonly HookReference[]): readonly HookFinding[] {
  const numbered = hooks.flatMap(({ path }) => {
    const [digits] = /^\d{1,9}/.exec(basename(path)) ?? [];
    return digits === undefined || !dirname(path).endsWith('.d') ? [] : [{ path, number: Number(digits) }];
  });
  return numbered.flatMap(({ path, number }, at): HookFinding[] => {
    const before = numbered[at - 1];
    if (before === undefined || before.number <= number) return [];
    const text = `runs after ${basename(before.path)}, for names are compared letter by letter: write both numbers with as many digits`;
    return [{ path, severity: 'doubtful', text }];
  });
}

/** Files whose names are nearly a hook’s: they would never run. Others in the hooks directory disturb nothing. */
function strayFiles(dir: string | null): readonly HookFinding[] {
  if (dir === null) return [];
  return namesIn(dir).flatMap((name): HookFinding[] => {
    const path = `${dir}/${name}`;
    const stats = statSync(path, { throwIfNoEntry: false });
    if (HOOK_NAMES.includes(name.replace(/\.d$/, ''))) {
      if (!name.endsWith('.d') || stats?.isFile() !== true) return [];
      return [{ path, severity: 'unused', text: 'is a file, expected a directory of hooks' }];
    }
    if (isPassedOver(name)) return [];
    if (name.startsWith('on_')) {
      const guess = meant(name) ?? didYouMean(name.replace(/\.d$/, ''), HOOK_NAMES);
      return [{ path, severity: 'unused', text: `is no hook: there is no such event${guess}` }];
    }
    const guess = meant(name);
    if (guess === null || stats?.isFile() !== true || (stats.mode & 0o111) === 0) return [];
    return [{ path, severity: 'unused', text: `is no hook by its name${guess}` }];
  });
}

/** `on-down`, `down.sh`, `OnDown`: what else one calls an on_down. */
function meant(name: string): string | null {
  const bare = name
    .toLowerCase()
    .replace(/\.(?:sh|bash|py|pl|rb|js|ts|php)$/, '')
    .replace(/^on[-_.]?/, '');
  return HOOK_NAMES.includes(`on_${bare}`) ? ` (did you mean on_${bare}?)` : null;
}

function namesIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir).sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return [];
    throw error;
  }
}
