import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/**
 * User and system time of a program and its children, in milliseconds. bash waits for the child and tells; node cannot.
 * Whatever it exits with is fine, as long as bash can tell the time.
 */
export async function processorTime(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const script = `TIMEFORMAT='%3U %3S'; time "$@" >/dev/null 2>&1; exit 0`;
  const { stderr } = await execute('bash', ['-c', script, 'bash', ...argv], { env });
  const seconds = stderr.trim().split(' ').map(Number);
  if (seconds.length !== 2 || seconds.some(Number.isNaN))
    throw new Error(`bash's time said ${JSON.stringify(stderr)}`);
  return seconds.reduce((sum, part) => sum + part * 1000, 0);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
