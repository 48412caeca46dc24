import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Readable, Writable } from 'node:stream';

/** The world outside, as every command gets it. Tests of commands spawn the program; this is for the few that need less. */
export interface World {
  readonly env: { readonly [name: string]: string | undefined };
  readonly cwd: string;
  readonly uid: number;
  readonly host: string;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  /** wall clock, ms since 1970 */
  now(): number;
  /** monotonic ms */
  monotonic(): number;
  randomBytes(count: number): Uint8Array;
}

export function processWorld(): World {
  let listening = false;
  return {
    env: process.env,
    cwd: process.cwd(),
    uid: process.getuid?.() ?? 0,
    host: hostname(),
    // Opened only when asked for: a terminal’s stdin costs, and stdout of cron is a pipe.
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      return process.stdout;
    },
    get stderr() {
      // Closed or full: there is no other place to say it, and the work must go on.
      if (!listening) process.stderr.on('error', () => undefined);
      listening = true;
      return process.stderr;
    },
    now: () => Date.now(),
    monotonic: () => performance.now(),
    randomBytes: (count) => randomBytes(count),
  };
}
