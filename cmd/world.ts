import { fstatSync } from 'node:fs';
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
  /** `stdout.isTTY`, without opening the stream where it is plainly none */
  stdoutIsTerminal(): boolean;
  /** wall clock, ms since 1970 */
  now(): number;
  /** monotonic ms */
  monotonic(): number;
  randomBytes(count: number): Uint8Array;
  /** the host’s time zone, an IANA name */
  readonly zone: string;
}

export function processWorld(): World {
  let listening = false;
  return {
    env: process.env,
    cwd: process.cwd(),
    uid: process.getuid?.() ?? 0,
    get host() {
      return hostname();
    },
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
    stdoutIsTerminal: () => mayBeTerminal(1) && process.stdout.isTTY,
    now: () => Date.now(),
    monotonic: () => performance.now(),
    // Loading it costs, and not every run needs it.
    randomBytes: (count) => process.getBuiltinModule('node:crypto').randomBytes(count),
    get zone() {
      return new Intl.DateTimeFormat().resolvedOptions().timeZone;
    },
  };
}

/** False for files, pipes, sockets and /dev/null: what cron and systemd give. True for what is closed, too. */
function mayBeTerminal(descriptor: number): boolean {
  try {
    const stats = fstatSync(descriptor);
    return stats.isCharacterDevice() && stats.rdev >> 8 !== MEMORY_DEVICES;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return true;
    throw error;
  }
}

/** The major number of /dev/null and its kin. */
const MEMORY_DEVICES = 1;
