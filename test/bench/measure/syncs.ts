import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** The files and directories below `dir` that a command syncs, one name for each time, by strace(1). */
export async function syncs(
  dir: string,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly string[]> {
  const trace = path.join(dir, 'trace');
  const options = [
    '-f',
    '--seccomp-bpf',
    '-qq',
    '-y',
    '-o',
    trace,
    '-e',
    'trace=fsync,fdatasync,sync_file_range,syncfs',
  ];
  await execute('strace', [...options, ...argv], { env });
  const text = await readFile(trace, 'utf8');
  await rm(trace);
  return [...text.matchAll(/^.*sync\w*\(\d+<([^>]*)>/gm)]
    .map(([, name = '']) => path.relative(dir, name))
    .filter((name) => !name.startsWith('..'));
}
