import type { Readable } from 'node:stream';
import { execa } from 'execa';
import { shortageOfDescriptors } from './descriptor-shortage.ts';
import { closeInheritedDescriptors } from './inherited-descriptors.ts';

/** A program to run without a shell, in a process group of its own. */
export interface Program {
  /** looked up in PATH of `env` when it has no slash */
  readonly file: string;
  readonly args: readonly string[];
  /** the whole environment: nothing is inherited */
  readonly env: { readonly [name: string]: string };
  readonly cwd?: string;
  readonly stdin?: string | Uint8Array;
  /** after this the group gets SIGTERM, and after `grace_ms` more SIGKILL */
  readonly limit_ms: number;
  readonly grace_ms?: number;
  /** bytes kept of each of stdout and stderr; the rest is read and thrown away */
  readonly maxOutput: number;
  /** true: once the program has exited, what it left running in its group is ended */
  readonly endGroup: boolean;
  /** true: output beyond `maxOutput` ends the program (`flooded`) */
  readonly endOnFlood?: boolean;
  /** ends the group at once */
  readonly signal?: AbortSignal;
  readonly uid?: number;
  readonly gid?: number;
  /** called with the process id (which is the group id) once it runs */
  readonly onStart?: (pid: number) => void;
}

export type ProgramOutcome =
  | {
      readonly kind: 'ended';
      /** null when a signal ended it */
      readonly exitCode: number | null;
      readonly signal: string | null;
      readonly stdout: Buffer;
      readonly stderr: Buffer;
      /** true when output was thrown away */
      readonly truncated: boolean;
      /** why puptime ended it itself; null when it ended by itself */
      readonly endedBy: 'limit' | 'abort' | 'flood' | null;
      readonly firstOutput_ms: number | null;
      readonly duration_ms: number;
    }
  | { readonly kind: 'not_started'; readonly errno: string; readonly text: string };

/** How long output is still read after the program itself has exited while a child of its holds the pipe. */
const DRAIN_MS = 100;

/** How long a killed program may take to be gone. One that waits in the kernel, as for a dead NFS server, never is. */
const GONE_MS = 1000;

/** Three pairs of sockets, a pipe on which exec(2) tells that it failed, and some to spare. */
const DESCRIPTORS_OF_A_CHILD = 12;

/** Runs a program to its end. Never throws: not being able to start is an outcome too. */
export async function runProgram(program: Program): Promise<ProgramOutcome> {
  // Without descriptors for its pipes Node gives a child without streams, which execa does not survive, nor does puptime.
  const shortage = shortageOfDescriptors(DESCRIPTORS_OF_A_CHILD);
  if (shortage !== null) return { kind: 'not_started', errno: shortage, text: shortage };
  closeInheritedDescriptors();
  const began = performance.now();
  const child = execa(program.file, program.args, {
    detached: true,
    cleanup: false,
    buffer: false,
    reject: false,
    extendEnv: false,
    env: program.env,
    stripFinalNewline: false,
    stdin: program.stdin === undefined ? 'ignore' : 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    ...(program.cwd === undefined ? {} : { cwd: program.cwd }),
    ...(program.uid === undefined ? {} : { uid: program.uid }),
    ...(program.gid === undefined ? {} : { gid: program.gid }),
  });
  if (child.pid === undefined) return notStarted(await child);
  const pid = child.pid;
  program.onStart?.(pid);

  const ending: { by: 'limit' | 'abort' | 'flood' | null } = { by: null };
  let killTimer: NodeJS.Timeout | undefined;
  let giveUp = (): void => undefined;
  const end = (why: 'limit' | 'abort' | 'flood') => {
    if (ending.by !== null) return;
    ending.by = why;
    killGroup(pid, 'SIGTERM');
    killTimer = setTimeout(() => {
      killGroup(pid, 'SIGKILL');
      killTimer = setTimeout(() => giveUp(), GONE_MS);
    }, program.grace_ms ?? 1000);
  };
  const limitTimer = setTimeout(() => end('limit'), Math.max(0, program.limit_ms));
  const onAbort = () => end('abort');
  if (program.signal?.aborted === true) onAbort();
  program.signal?.addEventListener('abort', onAbort);

  let firstOutput_ms: number | null = null;
  const collect = (stream: Readable) =>
    collectOutput(
      stream,
      program.maxOutput,
      () => (firstOutput_ms ??= performance.now() - began),
      () => {
        if (program.endOnFlood === true) end('flood');
      },
    );
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  feed(child.stdin, program.stdin);

  const exit = await new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    giveUp = () => {
      child.unref();
      resolve({ code: null, signal: null });
    };
  });
  const duration_ms = performance.now() - began;
  clearTimeout(limitTimer);
  clearTimeout(killTimer);
  program.signal?.removeEventListener('abort', onAbort);
  if (program.endGroup || ending.by !== null) killGroup(pid, 'SIGKILL');
  await Promise.race([Promise.all([stdout.ended, stderr.ended]), pause(DRAIN_MS)]);
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();

  return {
    kind: 'ended',
    exitCode: exit.code,
    signal: exit.signal,
    stdout: stdout.bytes(),
    stderr: stderr.bytes(),
    truncated: stdout.truncated() || stderr.truncated(),
    endedBy: ending.by,
    firstOutput_ms,
    duration_ms,
  };
}

/** Sends a signal to a whole process group; true when it had a member that could get it. */
export function killGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ESRCH' || errnoOf(error) === 'EPERM') return false;
    throw error;
  }
}

function notStarted(result: {
  readonly cause?: unknown;
  readonly code?: string | undefined;
  readonly shortMessage?: string | undefined;
}): ProgramOutcome {
  const errno = errnoOf(result.cause) ?? result.code ?? 'UNKNOWN';
  return { kind: 'not_started', errno, text: result.shortMessage ?? errno };
}

function collectOutput(stream: Readable, max: number, onFirst: () => void, onFlood: () => void) {
  const chunks: Buffer[] = [];
  let size = 0;
  let cut = false;
  stream.on('data', (chunk: Buffer) => {
    onFirst();
    const room = max - size;
    if (chunk.length > room) cut = true;
    if (room > 0) chunks.push(chunk.subarray(0, room));
    size = Math.min(max, size + chunk.length);
    if (cut) onFlood();
  });
  const ended = new Promise<void>((resolve) => {
    stream.once('close', resolve);
    stream.once('error', () => resolve());
  });
  return { ended, bytes: () => Buffer.concat(chunks), truncated: () => cut };
}

function feed(stdin: NodeJS.WritableStream | null, data: string | Uint8Array | undefined): void {
  // A program need not read its input: a closed pipe is its own affair.
  stdin?.on('error', () => undefined);
  if (data !== undefined) stdin?.end(data);
}

function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
