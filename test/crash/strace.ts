import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Lab } from './lab.ts';
import type { Ended, ProgramStart } from './program-run.ts';

/** One system call of the program’s main thread that touches the state, the runtime directory or a child. */
export interface Call {
  readonly name: string;
  /** it is the nth of its name: among those on `paths` when `scoped`, else among all of the main thread */
  readonly nth: number;
  readonly scoped: boolean;
  /** the file, relative to the lab; empty for a child */
  readonly where: string;
  /** it changes a file, or starts or lets go a child: a crash before it differs from one before the effect before it */
  readonly isEffect: boolean;
  /** it opens for writing, or writes */
  readonly writes: boolean;
}

export interface Recording {
  readonly calls: readonly Call[];
  /** files of the state, relative to the lab, whose names are the same in every run: what scoped calls are counted among */
  readonly paths: readonly string[];
  readonly ended: Ended;
}

/** Why nothing can be tried where `canTrace` says no. */
export const UNTRACEABLE = 'there is no strace, or it may not trace';

/** Whether strace is there and this process may use it. */
export function canTrace(): boolean {
  const tried = spawnSync('strace', [
    '-o',
    '/dev/null',
    '-e',
    'inject=getppid:error=EIO:when=1',
    '/bin/true',
  ]);
  return tried.status === 0;
}

/** Runs the program once under strace. Only its main thread is traced: the commit path uses fs.*Sync. */
export async function recordCalls(
  lab: Lab,
  run: (start: ProgramStart) => Promise<Ended>,
): Promise<Recording> {
  const file = path.join(lab.dir, 'trace');
  const ended = await run({ strace: ['-o', file, '-y', '-s', '8'] });
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return { ...readTrace(text, lab), ended };
}

/** What is to be done to one call, and to nothing else. */
export interface Injection {
  readonly call: Call;
  /** `signal=KILL`, `error=EIO` */
  readonly what: string;
  /** also to all calls of that name (on the paths, where it is scoped) that come after it; default false */
  readonly forever?: boolean;
}

/** Options of strace for it; `paths` as recorded. */
export function injectionOptions(
  lab: Lab,
  paths: readonly string[],
  { call, what, forever = false }: Injection,
): readonly string[] {
  const scope = call.scoped ? paths.flatMap((file) => ['-P', path.join(lab.dir, file)]) : [];
  const when = `${call.nth}${forever ? '+' : ''}`;
  return [
    '-o',
    injectedIn(lab),
    '-y',
    ...scope,
    '-e',
    `trace=${call.name}`,
    '-e',
    `inject=${call.name}:${what}:when=${when}`,
  ];
}

/**
 * Whether the error went where it was meant to go. Calls that are not scoped are counted among all of their name, and
 * what Node does beside us may have come between: then another call got it, or none.
 */
export function hasHit(lab: Lab, { scoped, where }: Call): boolean {
  if (scoped || where === '') return true;
  const [part = ''] = where.split('/');
  const lines = readFileSync(injectedIn(lab), 'utf8').split('\n');
  return lines.some((line) => line.includes('(INJECTED)') && line.includes(`${lab.dir}/${part}/`));
}

function injectedIn(lab: Lab): string {
  return path.join(lab.dir, 'injected');
}

/** As a person would say it: `pwrite64 #3 of state/queue/a~2.json`. */
export function tellCall({ name, nth, where }: Call): string {
  return `${name} #${nth}${where === '' ? '' : ` (${where})`}`;
}

function readTrace(text: string, lab: Lab): Pick<Recording, 'calls' | 'paths'> {
  const lines = text.split('\n').flatMap((line) => parseLine(line, lab) ?? []);
  const paths = [...new Set(lines.flatMap(({ files }) => files.filter((file) => isSteady(file, lab))))];
  const all = new Map<string, number>();
  const scoped = new Map<string, number>();
  let before = '';
  const calls = lines.flatMap((line): readonly Call[] => {
    const { name, files, args } = line;
    const nth = count(all, name);
    const isScoped = files.some((file) => paths.includes(file));
    const nthScoped = isScoped ? count(scoped, name) : 0;
    const isLetGo = name === 'shutdown' && before === 'write';
    before = name === 'write' && args.includes(GO) ? name : '';
    const isOurs = files.some((file) => isOwn(file, lab)) || isAboutChildren(name, args) || isLetGo;
    if (!isOurs) return [];
    const where = path.relative(lab.dir, files.find((file) => isOwn(file, lab)) ?? lab.dir);
    const writes = name === 'openat' ? /O_CREAT|O_WRONLY|O_RDWR/.test(args) : WRITES.has(name);
    const isEffect = name === 'openat' ? args.includes('O_CREAT') : EFFECTS.has(name);
    return [{ name, nth: isScoped ? nthScoped : nth, scoped: isScoped, where, isEffect, writes }];
  });
  return { calls, paths: paths.map((file) => path.relative(lab.dir, file)) };
}

const EFFECTS: ReadonlySet<string> = new Set(
  'write pwrite64 fsync fdatasync rename link linkat unlink mkdir rmdir ftruncate chmod clone vfork kill shutdown'.split(
    ' ',
  ),
);
const WRITES: ReadonlySet<string> = new Set('write pwrite64 fsync fdatasync ftruncate'.split(' '));

interface Line {
  readonly name: string;
  readonly args: string;
  /** files of the lab in it, as named or behind a descriptor */
  readonly files: readonly string[];
}

function parseLine(line: string, lab: Lab): readonly Line[] | null {
  const [, name, args] = /^([a-z0-9_]+)\((.*)\) += /.exec(line) ?? [];
  if (name === undefined || args === undefined) return null;
  // The directory of a relative path is no file that is touched.
  const named = args.replace(/^AT_FDCWD<[^>]*>, /, '').matchAll(/["<](\/[^">]*)[">]/g);
  const files = [...named].map(([, file = '']) => file).filter((file) => file.startsWith(`${lab.dir}/`));
  return [{ name, args, files }];
}

function isOwn(file: string, lab: Lab): boolean {
  return [lab.state, lab.runtime].some((own) => file === own || file.startsWith(`${own}/`));
}

/** Names with a salt, a run’s id or a random part in them are others in the next run. */
function isSteady(file: string, lab: Lab): boolean {
  const isInState = file === lab.state || file.startsWith(`${lab.state}/`);
  return isInState && !/[0-9a-f]{8}/.test(path.relative(lab.state, file));
}

/** The word that lets a hook go, which stands ready; after it, the conversation is shut down. */
const GO = '"go\\n"';

/** A process, not a thread. */
function isAboutChildren(name: string, args: string): boolean {
  switch (name) {
    case 'clone':
    case 'clone3':
      return !args.includes('CLONE_THREAD');
    case 'write':
      return args.includes(GO);
    case 'vfork':
    case 'kill':
    case 'socketpair':
      return true;
    default:
      return false;
  }
}

function count(counts: Map<string, number>, name: string): number {
  const next = (counts.get(name) ?? 0) + 1;
  counts.set(name, next);
  return next;
}
