import { spawnSync } from 'node:child_process';
import { closeSync, fstatSync, openSync, statSync } from 'node:fs';
import { EXIT, UserError } from '../words/problem.ts';
import { QUEUE, type State } from './state-directory.ts';

/** `probe`: who may probe, decide and write memory. `delivery`: who may start hooks and write the journal. */
export type LockKind = 'probe' | 'delivery';

/** A held lock. The kernel frees it when this process ends, however it ends. */
export interface Lock {
  readonly release: () => void;
}

export interface LockRequest {
  readonly kind: LockKind;
  /** PATH to find flock(1) in */
  readonly path: string | undefined;
}

/**
 * Takes a lock without waiting: flock(2) on the directory itself, taken by flock(1) on a descriptor that it inherits
 * and that stays open here. No file of its own, nothing stale after kill -9, works on a full or read-only disk.
 * Null when another process holds it. Throws `UserError` 69 without flock(1).
 */
export function tryLock(state: State, request: LockRequest): Lock | null {
  const base = state.missing === null ? state.dir : state.overlay.make();
  // There is nothing that two could write at once.
  if (base === null) return { release: () => undefined };
  const directory = request.kind === 'probe' ? base : `${base}/${QUEUE}`;
  for (;;) {
    const fd = openSync(directory, 'r');
    const taken = flock(fd, request.path);
    if (taken && isStill(fd, directory)) return { release: () => closeSync(fd) };
    closeSync(fd);
    if (!taken) return null;
  }
}

/**
 * Like `tryLock`, but tries again for `wait_ms`. Null when it is still held then, or once `signal` is aborted.
 */
export async function waitForLock(
  state: State,
  request: LockRequest & { readonly wait_ms: number; readonly signal?: AbortSignal },
): Promise<Lock | null> {
  const began = performance.now();
  for (;;) {
    const lock = tryLock(state, request);
    const left_ms = request.wait_ms - (performance.now() - began);
    if (lock !== null || left_ms <= 0 || request.signal?.aborted === true) return lock;
    await new Promise((resolve) => setTimeout(resolve, Math.min(RETRY_MS, left_ms)));
  }
}

const RETRY_MS = 50;

function flock(fd: number, path: string | undefined): boolean {
  const PATH = path ?? '/usr/bin:/bin';
  const child = spawnSync('flock', ['-n', '3'], {
    stdio: ['ignore', 'ignore', 'pipe', fd],
    env: { PATH, LC_ALL: 'C' },
    encoding: 'latin1',
  });
  if (child.status === 0) return true;
  if (child.status === 1 && child.stderr === '') return false;
  if (child.error !== undefined && 'code' in child.error && child.error.code === 'ENOENT') {
    throw new UserError(
      EXIT.unavailable,
      'the program flock is not there, and puptime locks with it: install util-linux',
    );
  }
  const seen = child.error?.message ?? (child.stderr.trim() || `exit code ${child.status ?? child.signal}`);
  throw new UserError(EXIT.io, `flock could not lock the state directory: ${seen.slice(0, 200)}`);
}

/** False when somebody has put another directory in its place meanwhile. */
function isStill(fd: number, directory: string): boolean {
  const locked = fstatSync(fd);
  const present = statSync(directory, { throwIfNoEntry: false });
  return present !== undefined && locked.ino === present.ino && locked.dev === present.dev;
}
