import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { IS_ROOT, PROGRAM } from '../cmd/program.ts';
import { findProgram } from '../servers/daemon.ts';
import type { Lab } from './lab.ts';

/** A way for a state directory to take nothing, on a real file system. */
export interface Disk {
  readonly name: string;
  /** the errno that is told of */
  readonly errno: string;
  /** Makes the state directory, or what it lies on, before the first run. */
  readonly open: (lab: Lab) => void;
  readonly spoil: (lab: Lab) => void;
  readonly mend: (lab: Lab) => void;
  /** puts back what would keep the lab from being removed */
  readonly close: (lab: Lab) => void;
  /** written into a directory: a program that starts puptime (`program`) in another way; gives its path */
  readonly launcher?: (directory: string, program: string) => string;
  /** the user that puptime then runs as; default ours */
  readonly uid?: number;
}

/** True where file systems may be mounted and files made immutable: for root, outside of most containers. */
export const CAN_MOUNT =
  IS_ROOT &&
  findProgram('setpriv') !== null &&
  findProgram('chattr') !== null &&
  spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

/** Why not, where it is not. */
export const UNMOUNTABLE = 'mounting file systems takes root, setpriv and chattr';

const NOBODY = 65_534;

function command(file: string, ...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(file, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file} ${args.join(' ')}: ${error?.message ?? stderr}`);
}

/** A file system of its own for the state: 1 MiB, 100 files. */
const MOUNT: Pick<Disk, 'open' | 'close'> = {
  open: ({ state }) => {
    mkdirSync(state, { mode: 0o700 });
    command('mount', '-t', 'tmpfs', '-o', 'size=1m,nr_inodes=100,mode=0700', 'none', state);
  },
  close: ({ state }) => command('umount', state),
};

/** Where foreign files disturb nobody, even before the first run. */
function inMount({ state }: Lab): string {
  const directory = path.join(state, 'corrupt');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return directory;
}

/** `pages` of 4 KiB are left free. */
export function fullDisk(pages = 0): Disk {
  const fill = (lab: Lab) => path.join(inMount(lab), 'fill');
  return {
    ...MOUNT,
    name: pages === 0 ? 'full' : `full but for ${String(pages)} pages`,
    errno: 'ENOSPC',
    spoil: (lab) => {
      const file = fill(lab);
      spawnSync('dd', ['if=/dev/zero', `of=${file}`, 'bs=4096']);
      const { stdout } = spawnSync('stat', ['-c', '%s', file], { encoding: 'utf8' });
      truncateSync(file, Math.max(0, Number(stdout) - pages * 4096));
    },
    mend: (lab) => rmSync(fill(lab)),
  };
}

/** `inodes` are left free. */
export function inodeFullDisk(inodes = 0): Disk {
  const filler = (lab: Lab) => path.join(inMount(lab), 'filler');
  return {
    ...MOUNT,
    name: inodes === 0 ? 'without inodes' : `without inodes but for ${String(inodes)}`,
    errno: 'ENOSPC',
    spoil: (lab) => {
      mkdirSync(filler(lab));
      const script = 'cd "$1" && i=0 && while : > $i; do i=$((i+1)); done';
      spawnSync('sh', ['-c', script, 'sh', filler(lab)]);
      for (const name of readdirSync(filler(lab)).slice(0, inodes)) rmSync(path.join(filler(lab), name));
    },
    mend: (lab) => rmSync(filler(lab), { recursive: true }),
  };
}

export const READ_ONLY: Disk = {
  ...MOUNT,
  name: 'read-only',
  errno: 'EROFS',
  spoil: ({ state }) => command('mount', '-o', 'remount,ro', state),
  mend: ({ state }) => command('mount', '-o', 'remount,rw', state),
};

const IMMUTABLE: Disk = {
  name: 'immutable',
  errno: 'EPERM',
  open: ({ state }) => mkdirSync(state, { mode: 0o700 }),
  spoil: ({ state }) => command('chattr', '-R', '+i', state),
  mend: ({ state }) => command('chattr', '-R', '-i', state),
  close: ({ state }) => command('chattr', '-R', '-i', state),
};

const FORBIDDEN: Disk = {
  name: 'forbidden (mode 0500)',
  errno: 'EACCES',
  uid: NOBODY,
  open: (lab) => {
    chmodSync(lab.dir, 0o755);
    mkdirSync(lab.state, { mode: 0o700 });
    for (const name of ['state', 'run', 'tmp', 'cache', 'home', 'log'])
      chownSync(path.join(lab.dir, name), NOBODY, NOBODY);
    for (const name of ['up', 'changed', 'degraded']) chmodSync(path.join(lab.dir, 'stage', name), 0o777);
  },
  spoil: ({ state }) => everyDirectory(state, 'u-w'),
  mend: ({ state }) => everyDirectory(state, 'u+w'),
  close: ({ state }) => everyDirectory(state, 'u+w'),
  launcher: (directory, program) => {
    const user = `'--reuid=${String(NOBODY)}', '--regid=${String(NOBODY)}', '--clear-groups'`;
    const argv = `[${user}, process.execPath, ${JSON.stringify(program)}, ...process.argv.slice(2)]`;
    return writeLauncher(directory, 'setpriv', argv);
  },
};

/** `argv` is JavaScript. Gives its path. */
function writeLauncher(directory: string, file: string, argv: string): string {
  const launcher = path.join(directory, 'launcher.mjs');
  writeFileSync(
    launcher,
    `import { spawnSync } from 'node:child_process';
process.exitCode = spawnSync('${file}', ${argv}, { stdio: 'inherit' }).status ?? 99;
`,
  );
  return launcher;
}

function everyDirectory(state: string, mode: string): void {
  command('find', state, '-type', 'd', '-exec', 'chmod', mode, '{}', '+');
}

/** Not even the places take a file where the state would go instead, and the copies for hooks. */
export const NOTHING_TAKES_A_FILE: Disk = {
  ...READ_ONLY,
  name: 'read-only everywhere',
  spoil: (lab) => {
    READ_ONLY.spoil(lab);
    writeFileSync(path.join(lab.dir, 'spoilt'), '');
  },
  mend: (lab) => {
    READ_ONLY.mend(lab);
    rmSync(path.join(lab.dir, 'spoilt'));
  },
  launcher: (directory, program) => {
    const script = `if [ -e spoilt ]; then
  for place in /dev/shm "$TMPDIR" "$XDG_RUNTIME_DIR"; do mount -t tmpfs -o ro none "$place" || exit 99; done
fi
exec "$@"`;
    const argv = `'-m', 'sh', '-c', ${JSON.stringify(script)}, 'sh', process.execPath, ${JSON.stringify(program)}`;
    return writeLauncher(directory, 'unshare', `[${argv}, ...process.argv.slice(2)]`);
  },
};

/** Nothing at all can be written in these. */
export const SPOILT_DISKS: readonly Disk[] = [fullDisk(), inodeFullDisk(), READ_ONLY, IMMUTABLE, FORBIDDEN];

/** A little can be written in these: they become full in the middle of a run. */
export const NEARLY_FULL_DISKS: readonly Disk[] = [
  ...[1, 2, 3, 4, 6].map((pages) => fullDisk(pages)),
  ...[1, 2, 3, 4].map((inodes) => inodeFullDisk(inodes)),
];

/** The program itself, or the launcher of this disk. */
export function programOn(disk: Disk, directory: string, program = PROGRAM): string {
  return disk.launcher?.(directory, program) ?? program;
}
