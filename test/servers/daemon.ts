import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, test } from 'vitest';

/** A real server, started by a test and ended by its process id. */
export interface Daemon {
  readonly pid: number;
  /** what it has printed so far, on both streams */
  output(): string;
  /** SIGSTOP freezes it: the kernel still accepts */
  signal(name: NodeJS.Signals): void;
  /** Ends the process (its whole group) and waits until it is gone. */
  stop(): Promise<void>;
}

export interface DaemonStart {
  readonly argv: readonly [program: string, ...rest: string[]];
  readonly cwd?: string;
  readonly env?: { readonly [name: string]: string };
  /** a port of 127.0.0.1 that accepts when it is ready, or a test of what it printed */
  readonly ready: number | ((output: string) => boolean);
  /** default 10 s */
  readonly patience_ms?: number;
}

const PATHS = [
  ...(process.env['PATH'] ?? '').split(':'),
  '/usr/sbin',
  '/sbin',
  '/usr/lib/nagios/plugins',
  '/usr/lib/news/bin',
  '/usr/lib/postgresql/15/bin',
];

/** What is still to be ended or removed when the process ends. */
const leftovers = new Set<() => void>();
process.on('exit', () => {
  for (const clear of leftovers) clear();
});
// This is how vitest ends its workers.
process.once('SIGTERM', () => process.exit());

/** The program’s path, also where only root looks; null when it is not installed. */
export function findProgram(name: string): string | null {
  return PATHS.map((directory) => path.join(directory, name)).find(isExecutable) ?? null;
}

/**
 * `describe` for tests that need these programs. Where one is missing they are skipped, and the name says so; with
 * PUPTIME_REQUIRE_DAEMONS=1 they fail.
 */
export function describeWith(programs: readonly string[], name: string, body: () => void): void {
  const missing = programs.filter((program) => findProgram(program) === null);
  if (missing.length === 0) {
    describe(name, body);
    return;
  }
  const title = `${name} (not installed: ${missing.join(', ')})`;
  if (process.env['PUPTIME_REQUIRE_DAEMONS'] !== '1') {
    describe.skip(title, body);
    return;
  }
  test(title, () => {
    throw new Error(`PUPTIME_REQUIRE_DAEMONS=1, but ${missing.join(', ')} is not installed`);
  });
}

/** Starts a program and waits until it is ready. Rejects with what it printed when it ends before that. */
export async function startDaemon(start: DaemonStart): Promise<Daemon> {
  const [program, ...rest] = start.argv;
  const found = program.includes('/') ? program : findProgram(program);
  if (found === null) throw new Error(`${program} is not installed`);
  const child = spawn(found, rest, {
    cwd: start.cwd,
    env: { PATH: PATHS.join(':'), LANG: 'C', ...start.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += String(chunk)));
  const daemon = daemonOf(child, () => printed);
  try {
    await becomesReady(child, start, () => printed);
  } catch (error) {
    await daemon.stop();
    throw error;
  }
  return daemon;
}

/** A port of 127.0.0.1 that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return address.port;
}

/** A directory of the test’s own, gone when `remove` is called or the process ends. */
export function temporaryDirectory(name: string): { readonly path: string; remove(): void } {
  const made = mkdtempSync(path.join(tmpdir(), `puptime-${name}-`));
  const remove = () => {
    leftovers.delete(remove);
    rmSync(made, { recursive: true, force: true });
  };
  leftovers.add(remove);
  return { path: made, remove };
}

/** Resolves when `happened` says so; rejects after `patience_ms`. */
export async function until(
  what: string,
  happened: () => boolean | Promise<boolean>,
  patience_ms = 10_000,
): Promise<void> {
  const end = performance.now() + patience_ms;
  while (!(await happened())) {
    if (performance.now() > end) throw new Error(`waited ${String(patience_ms)} ms in vain: ${what}`);
    await pause(15);
  }
}

/** Whether a port of 127.0.0.1 accepts. */
export async function accepts(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' });
  return new Promise((resolve) => {
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => settle(true)).once('error', () => settle(false));
  });
}

async function becomesReady(child: ChildProcess, start: DaemonStart, printed: () => string): Promise<void> {
  const { ready } = start;
  let failed: Error | null = null;
  child.once('error', (error) => (failed = error));
  await until(
    `${start.argv[0]} to be ready`,
    () => {
      if (failed !== null) throw failed;
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`${start.argv.join(' ')} ended: ${printed()}`);
      return typeof ready === 'number' ? accepts(ready) : ready(printed());
    },
    start.patience_ms,
  );
}

/** A signal stops a thread when it comes to it: one that runs may answer once more. */
function waitUntilFrozen(group: number): void {
  const end = performance.now() + 2000;
  while (!threadsOf(group).every((state) => state === 'T') && performance.now() < end);
}

/** The state letter of each thread of a process group, from /proc. */
function threadsOf(group: number): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const threads = statesIn(`/proc/${pid}/task`);
      return threads.filter(({ pgrp }) => pgrp === group).map(({ state }) => state);
    });
}

function statesIn(directory: string): { readonly state: string; readonly pgrp: number }[] {
  try {
    return readdirSync(directory).map((thread) => {
      const stat = readFileSync(`${directory}/${thread}/stat`, 'latin1');
      const [state = '', , pgrp = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return { state, pgrp: Number(pgrp) };
    });
  } catch {
    // It has ended meanwhile.
    return [];
  }
}

function daemonOf(child: ChildProcess, output: () => string): Daemon {
  const gone = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  const kill = (name: NodeJS.Signals) => {
    if (child.pid !== undefined && !gone()) process.kill(-child.pid, name);
  };
  const atExit = () => kill('SIGKILL');
  leftovers.add(atExit);
  return {
    pid: child.pid ?? 0,
    output,
    signal(name) {
      kill(name);
      if (name === 'SIGSTOP') waitUntilFrozen(child.pid ?? 0);
    },
    async stop() {
      leftovers.delete(atExit);
      if (gone()) return;
      const ended = once(child, 'exit');
      kill('SIGCONT');
      kill('SIGTERM');
      const killer = setTimeout(() => kill('SIGKILL'), 2000);
      await ended;
      clearTimeout(killer);
    },
  };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
