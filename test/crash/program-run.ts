import { spawn } from 'node:child_process';

export interface ProgramStart {
  readonly input?: string;
  /** besides those of the lab, or in their place */
  readonly env?: { readonly [name: string]: string };
  /** options of strace, under which it then runs: `['-o', FILE, '-e', 'inject=…']` */
  readonly strace?: readonly string[];
  /** told its process id, of strace where that is asked for, as soon as it runs */
  readonly started?: (pid: number) => void;
  /** then it is killed, which counts as a failure; default 30 s */
  readonly patience_ms?: number;
}

/** How the program ended. */
export interface Ended {
  /** null when a signal ended it */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** true: it had to be killed because it did not end */
  readonly hung: boolean;
}

export interface ProgramPlace {
  readonly program: string;
  readonly cwd: string;
  /** all that is in the environment */
  readonly env: { readonly [name: string]: string };
}

export function startProgram(
  { program, cwd, env }: ProgramPlace,
  args: readonly string[],
  start: ProgramStart,
): Promise<Ended> {
  const argv = [process.execPath, program, ...args];
  const [file = '', ...rest] = start.strace === undefined ? argv : ['strace', ...start.strace, ...argv];
  const child = spawn(file, rest, {
    cwd,
    env: { ...env, ...start.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const text = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (chunk: string) => (text[stream] += chunk));
  // It may not want to read, or be gone already.
  child.stdin.on('error', () => child.stdin.destroy()).end(start.input ?? '');
  let hung = false;
  const killer = setTimeout(() => {
    hung = true;
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }, start.patience_ms ?? 30_000);
  if (child.pid !== undefined) start.started?.(child.pid);
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('exit', (code, signal) => {
      clearTimeout(killer);
      const settle = () => {
        resolve({ code, signal, hung, ...text });
      };
      // What it has left running may hold its output open.
      const late = setTimeout(settle, 300);
      child.once('close', () => {
        clearTimeout(late);
        settle();
      });
    });
  });
}
