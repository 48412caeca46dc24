import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import path from 'node:path';

/**
 * What should not be there any more once runs have ended well: transitions in the queue, temporary files, copies for
 * hooks and overlays in the runtime directory, processes. One line each; corrupt/ and dead/ may hold what they hold.
 */
export function findLeftovers(lab: {
  readonly dir: string;
  readonly state: string;
  readonly runtime: string;
}): readonly string[] {
  const shown = (file: string) => path.relative(lab.dir, file);
  const inState = filesBelow(lab.state).filter(
    (file) => path.dirname(file) === path.join(lab.state, 'queue') || /\.tmp$|^\./.test(path.basename(file)),
  );
  const runtimes = [lab.runtime, path.join(lab.dir, 'tmp'), overlayOf(lab.state)];
  const inRuntime = runtimes.flatMap(filesBelow);
  const processes = processesOf(lab.dir).map(({ pid, command }) => `process ${String(pid)}: ${command}`);
  return [...inState.map(shown), ...inRuntime.map(shown), ...processes];
}

/** Where the state goes while its directory takes nothing. */
export function overlayOf(state: string): string {
  const hash = createHash('sha256').update(state).digest('hex').slice(0, 16);
  return `/dev/shm/puptime-state-${String(process.getuid?.() ?? 0)}-${hash}`;
}

/** Ends every process that works in this directory or is a hook of it. */
export function endStrays(dir: string): void {
  for (const { pid } of processesOf(dir)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if (!isErrno(error, 'ESRCH')) throw error;
    }
  }
}

/** Live processes whose working directory is below this one, or that have a file of it in their environment. */
export function processesOf(dir: string): readonly { readonly pid: number; readonly command: string }[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid && belongsTo(pid, dir))
    .map((pid) => ({ pid, command: procText(pid, 'cmdline').replaceAll('\0', ' ').trim() }))
    .filter(({ command }) => command !== '');
}

function belongsTo(pid: number, dir: string): boolean {
  try {
    const cwd = readlinkSync(`/proc/${String(pid)}/cwd`);
    return cwd === dir || cwd.startsWith(`${dir}/`) || procText(pid, 'environ').includes(`=${dir}/`);
  } catch (error) {
    // It has ended meanwhile, or is another user’s.
    if (isErrno(error, 'ENOENT') || isErrno(error, 'EACCES') || isErrno(error, 'ESRCH')) return false;
    throw error;
  }
}

function procText(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${String(pid)}/${name}`, 'latin1');
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'EACCES') || isErrno(error, 'ESRCH')) return '';
    throw error;
  }
}

function filesBelow(directory: string): readonly string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(directory, entry.name);
    return entry.isDirectory() ? filesBelow(file) : [file];
  });
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
