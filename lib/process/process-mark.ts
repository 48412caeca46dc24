import { readFileSync } from 'node:fs';

/** A process as one can know it again, and tell it from a later one with its number. */
export interface ProcessMark {
  readonly pid: number;
  /** clock ticks since boot, proc_pid_stat(5) field 22 */
  readonly start: string;
  /** /proc/sys/kernel/random/boot_id */
  readonly boot: string;
}

/** The mark of a running process; null when it has ended, or waits only to be reaped. */
export function markOf(pid: number): ProcessMark | null {
  const stat = readIfThere(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The name, in brackets, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  const start = fields[19];
  if (start === undefined || state === 'Z' || state === 'X') return null;
  return { pid, start, boot: (readIfThere('/proc/sys/kernel/random/boot_id') ?? '').trim() };
}

/** True while that very process runs. */
export function isRunning(mark: ProcessMark): boolean {
  const present = markOf(mark.pid);
  return present !== null && present.start === mark.start && present.boot === mark.boot;
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    const gone =
      error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH');
    if (gone) return null;
    throw error;
  }
}
