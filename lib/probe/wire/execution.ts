import { statSync } from 'node:fs';
import { CannotTell } from '../prober.ts';
import { errnoOf } from './errno.ts';

/** A program that a prober runs: a user’s check, ping, fping. */
export interface Execution {
  readonly argv: readonly [string, ...string[]];
  /** added to PATH, HOME, LANG and TZ */
  readonly env?: { readonly [name: string]: string };
  readonly cwd?: string;
  readonly stdin?: string;
  /** bytes kept of each output; more ends the program */
  readonly maxOutput?: number;
  /** told what it had printed when the deadline ended it */
  readonly cutOff?: (stdout: Buffer, stderr: Buffer) => void;
}

export interface ExecutionOutcome {
  /** null when a signal ended it */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** it wrote more than `maxOutput` and was ended */
  readonly flooded: boolean;
  readonly duration_ms: number;
}

/** What an execution needs of its probe. */
export interface ExecutionHost {
  readonly signal: AbortSignal;
  remaining_ms(): number;
  aborted(): Error;
  enterTransfer(firstOutput_ms: number): void;
  readonly env: { readonly [name: string]: string | undefined };
}

const INHERITED = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ'];
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const MAX_OUTPUT = 1024 * 1024;

const NOT_STARTED: Readonly<Record<string, readonly ['tool_missing' | 'permission' | 'resources', string]>> =
  {
    ENOENT: ['tool_missing', 'is not installed here'],
    ENOTDIR: ['tool_missing', 'is not installed here'],
    EACCES: ['permission', 'may not be executed by this user'],
    EPERM: ['permission', 'may not be executed by this user'],
    ENOEXEC: ['permission', 'is no program: it lacks a #! line'],
    EAGAIN: ['resources', 'cannot be started: this host has no room for another process'],
    ENOMEM: ['resources', 'cannot be started: this host has no memory left'],
    EMFILE: ['resources', 'cannot be started: no file descriptors left'],
    ENFILE: ['resources', 'cannot be started: no file descriptors left'],
    E2BIG: ['permission', 'cannot be started: its arguments are too long'],
  };

/** Runs it to its end, its whole process group with it. Rejects at the deadline, and with CannotTell when it cannot be started. */
export async function execute(execution: Execution, host: ExecutionHost): Promise<ExecutionOutcome> {
  const { runProgram } = await import('../../process/program.ts');
  const [file, ...args] = execution.argv;
  const outcome = await runProgram({
    file,
    args,
    env: environmentFor(execution, host.env),
    ...(execution.cwd === undefined ? {} : { cwd: execution.cwd }),
    ...(execution.stdin === undefined ? {} : { stdin: execution.stdin }),
    // The probe’s own deadline, which may be put off once, ends it through the signal; this is the belt to those braces.
    limit_ms: 2 * host.remaining_ms() + 1000,
    grace_ms: 500,
    maxOutput: execution.maxOutput ?? MAX_OUTPUT,
    endGroup: true,
    endOnFlood: true,
    signal: host.signal,
  });
  if (outcome.kind === 'not_started') {
    throw notStarted(execution, outcome.errno, environmentFor(execution, host.env)['PATH'] ?? '');
  }
  if (outcome.firstOutput_ms !== null) host.enterTransfer(outcome.firstOutput_ms);
  if (outcome.endedBy === 'abort' || outcome.endedBy === 'limit') {
    execution.cutOff?.(outcome.stdout, outcome.stderr);
    throw host.aborted();
  }
  return {
    exitCode: outcome.exitCode,
    signal: outcome.signal,
    stdout: outcome.stdout,
    stderr: outcome.stderr,
    flooded: outcome.endedBy === 'flood',
    duration_ms: outcome.duration_ms,
  };
}

/** The kernel says ENOENT for a directory and for an interpreter, too. */
function notStarted({ argv: [file], cwd }: Execution, errno: string, search: string): CannotTell {
  if (errno === 'ENOENT' || errno === 'ENOTDIR' || errno === 'EACCES') {
    const trouble = cwd === undefined ? null : directoryTrouble(cwd);
    if (trouble !== null) return new CannotTell('permission', trouble);
    if (errno === 'ENOENT' && file.startsWith('/') && statOf(file) !== null)
      return new CannotTell(
        'tool_missing',
        `${file} is there, but not the interpreter that its #! line names`,
      );
  }
  // One directory of PATH that may not be looked into is enough for EACCES: execvp(3).
  const unseen = errno === 'EACCES' && !file.includes('/') && !isAnywhere(file, search);
  const [code, words] = NOT_STARTED[unseen ? 'ENOENT' : errno] ?? [
    'internal',
    `cannot be started (${errno})`,
  ];
  return new CannotTell(code, `${file} ${words}`);
}

function isAnywhere(file: string, search: string): boolean {
  return search.split(':').some((directory) => statOf(`${directory}/${file}`) !== null);
}

function directoryTrouble(cwd: string): string | null {
  const stat = statOf(cwd);
  if (stat === null) return `the directory ${cwd} to run it in cannot be found or entered`;
  return stat.isDirectory() ? null : `${cwd} is no directory to run it in`;
}

/** Null when it is not there or not to be seen. */
function statOf(path: string): { isDirectory(): boolean } | null {
  try {
    return statSync(path);
  } catch (error) {
    if (errnoOf(error) !== null) return null;
    throw error;
  }
}

function environmentFor(execution: Execution, env: ExecutionHost['env']): { [name: string]: string } {
  const scrubbed: { [name: string]: string } = { PATH: DEFAULT_PATH };
  for (const name of INHERITED) {
    const value = env[name];
    if (value !== undefined) scrubbed[name] = value;
  }
  return { ...scrubbed, ...execution.env };
}
