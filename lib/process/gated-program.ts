import { spawn, type ChildProcess } from 'node:child_process';
import { signalGroup } from './process-group.ts';
import { markOf, type ProcessMark } from './process-mark.ts';

/** A program that stands ready in a process group of its own, but runs only once it is let go. */
export interface GatedProgram {
  /** absolute path */
  readonly file: string;
  readonly args: readonly string[];
  /** the whole environment: nothing is inherited */
  readonly env: { readonly [name: string]: string };
  readonly cwd: string;
  /**
   * an open descriptor, which may be closed once the program stands ready; or one line of text, which the program reads
   * from a pipe, for where no file can be had
   */
  readonly stdin: number | string;
  /** bytes kept of stdout and stderr together; the rest is read and thrown away */
  readonly maxOutput: number;
  /**
   * true: it only stands around the program that is meant, and exits as that one does. SIGTERM passes it by (whoever it
   * starts must set that back), and when it is killed, its group goes with it.
   */
  readonly isWrapper?: boolean;
}

export interface Limits {
  /** after this the group gets SIGTERM, and after `grace_ms` more SIGKILL */
  readonly limit_ms: number;
  readonly grace_ms: number;
  /** ends the group at once */
  readonly signal?: AbortSignal;
}

export interface GatedOutcome {
  /** null when a signal ended it, or nothing can end it: then `signal` is null, too */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** why puptime ended it itself; null when it ended by itself */
  readonly endedBy: 'limit' | 'abort' | null;
  /** what it printed, stdout and stderr as they came */
  readonly output: Buffer;
  readonly truncated: boolean;
  readonly duration_ms: number;
}

export type Gate =
  | {
      readonly kind: 'ready';
      /** its group’s number is `pid` */
      readonly mark: ProcessMark;
      /** lets it run to its end; settles when it has exited, whoever still holds its output. Call it once. */
      readonly run: (limits: Limits) => Promise<GatedOutcome>;
      /** it ends without having run */
      readonly cancel: () => void;
    }
  | { readonly kind: 'not_started'; readonly text: string };

/**
 * The shell waits for a word from us and then becomes the program, with the same process id. So what is to be written
 * down before the program does anything, its group among it, can be; and if we die first, it ends without having run.
 * Nothing of what it is given is shell text.
 */
function waitAndBecome({ isWrapper = false, stdin }: GatedProgram): string {
  const before = isWrapper ? `${LEVEL}; trap '' TERM` : LEVEL;
  const wait = 'read -r go <&3 || exit 125';
  if (typeof stdin === 'number') return `${wait}; exec 3<&-; ${before}; exec "$@"`;
  // Node would give it a socket, which cannot be opened by name; a shell’s here-document is a pipe.
  const take = 'read -r puptime_line <&3 || exit 125';
  return `${wait}; ${take}; exec 3<&-; ${before}; exec "$@" <<END\n$puptime_line\nEND\n`;
}

/**
 * Takes back what the shell has put into the environment, and what Node has done to the limit of open files: raised it
 * to the hard one, at which programs that try every possible descriptor take minutes. 1024 is what systemd and login give.
 */
const LEVEL = 'unset PWD OLDPWD SHLVL _; ulimit -S -n 1024 2>/dev/null';

/** How long output is still read after the program itself has exited while a child of its holds the pipe. */
const DRAIN_MS = 100;

/** How long a killed program may take to be gone. One that waits in the kernel, as for a dead NFS server, never is. */
const GONE_MS = 1000;

/** Starts a program up to its gate. Never throws for want of anything: not being able to start is an outcome too. */
export async function openGate(program: GatedProgram): Promise<Gate> {
  let child: ChildProcess;
  try {
    child = spawn('/bin/sh', ['-c', waitAndBecome(program), 'puptime', program.file, ...program.args], {
      detached: true,
      env: program.env,
      cwd: program.cwd,
      stdio: [typeof program.stdin === 'number' ? program.stdin : 'ignore', 'pipe', 'pipe', 'pipe'],
    });
  } catch (error) {
    return notStarted(error);
  }
  const { pid } = child;
  if (pid === undefined) return new Promise((resolve) => child.once('error', (e) => resolve(notStarted(e))));
  child.on('error', () => undefined);
  const output = collect(child, program.maxOutput);
  let giveUp = (): void => undefined;
  const exited = new Promise<{ exitCode: number | null; signal: string | null }>((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
    giveUp = () => {
      child.unref();
      resolve({ exitCode: null, signal: null });
    };
  });
  const gate = child.stdio[3];
  if (gate === null || gate === undefined || !('write' in gate))
    throw new Error('the gate has no descriptor 3');
  // A program may be gone before it is let go.
  gate.on('error', () => undefined);
  const mark = markOf(pid);
  if (mark === null) {
    const { exitCode, signal } = await exited;
    return { kind: 'not_started', text: `ended before it began (${signal ?? `exit code ${exitCode}`})` };
  }
  return {
    kind: 'ready',
    mark,
    cancel: () => gate.destroy(),
    run: async (limits) => {
      const began = performance.now();
      const guard = watch(pid, limits, giveUp);
      gate.end(typeof program.stdin === 'number' ? 'go\n' : `go\n${program.stdin}`);
      const exit = await exited;
      const duration_ms = performance.now() - began;
      const endedBy = guard.stop();
      const isTornDown = program.isWrapper === true && exit.signal !== null;
      if (endedBy !== null || isTornDown) signalGroup(pid, 'SIGKILL');
      await output.drained();
      for (const stream of child.stdio) stream?.destroy();
      return { ...exit, endedBy, output: output.bytes(), truncated: output.truncated(), duration_ms };
    },
  };
}

function notStarted(error: unknown): Gate {
  if (!(error instanceof Error)) throw error;
  return { kind: 'not_started', text: `could not be started: ${error.message}` };
}

/** Ends the group when its time is up or nobody wants it any more. */
function watch(pid: number, { limit_ms, grace_ms, signal }: Limits, giveUp: () => void) {
  let endedBy: 'limit' | 'abort' | null = null;
  let killTimer: NodeJS.Timeout | undefined;
  const end = (why: 'limit' | 'abort') => {
    if (endedBy !== null) return;
    endedBy = why;
    signalGroup(pid, 'SIGTERM');
    killTimer = setTimeout(() => {
      signalGroup(pid, 'SIGKILL');
      killTimer = setTimeout(giveUp, GONE_MS);
    }, grace_ms);
  };
  const limitTimer = setTimeout(() => end('limit'), limit_ms);
  const onAbort = () => end('abort');
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener('abort', onAbort);
  return {
    stop: () => {
      clearTimeout(limitTimer);
      clearTimeout(killTimer);
      signal?.removeEventListener('abort', onAbort);
      return endedBy;
    },
  };
}

function collect(child: ChildProcess, max: number) {
  const chunks: Buffer[] = [];
  let size = 0;
  let cut = false;
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
  const ended = streams.map(
    (stream) =>
      new Promise<void>((resolve) => {
        stream.on('data', (chunk: Buffer) => {
          const kept = chunk.subarray(0, max - size);
          if (kept.length < chunk.length) cut = true;
          if (kept.length > 0) chunks.push(kept);
          size += kept.length;
        });
        stream.once('close', resolve);
        stream.once('error', () => resolve());
      }),
  );
  return {
    bytes: () => Buffer.concat(chunks),
    truncated: () => cut,
    drained: async () => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise((resolve) => (timer = setTimeout(resolve, DRAIN_MS)));
      await Promise.race([Promise.all(ended), late]);
      clearTimeout(timer);
    },
  };
}
